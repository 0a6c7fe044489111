"""Numbers in routes, query strings and forms."""

# Patterns of routes for a positive number without leading zeros: /page/0, /page/01 and /page/abc do not exist.
PAGE = "{page:[1-9][0-9]{0,6}}"
ID = "{id:[1-9][0-9]{0,17}}"


def whole_number(text: str, default: int, maximum: int) -> int:
    """Return the number in a text if it is from 1 to `maximum`, else `default`."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(maximum))):
        return default
    return int(text) if 1 <= int(text) <= maximum else default


def page_number(request, maximum: int = 9_999) -> int:
    """Return the number in `?page=`; 1 if it is missing, malformed or greater than `maximum`."""
    return whole_number(request.GET.get("page", ""), 1, maximum)
