"""Revisions and edit conflicts."""

import threading


def _numbers(page):
    return [row.select("td")[2].text for row in page.html.select("tbody tr")]


def test_each_save_is_a_revision(ada):
    key = ada.write("One", "First words.")
    ada.post_form(f"/author/posts/{key}", title="Two", body="Second words.", status=303)

    page = ada.browser.get(f"/author/posts/{key}/revisions")

    assert _numbers(page) == ["2", "1"]
    assert page.html.select_one(".diff del").text == "- First words."
    assert page.html.select_one(".diff ins").text == "+ Second words."


def test_a_save_without_changes_is_not_a_revision(ada):
    key = ada.write()
    ada.post_form(f"/author/posts/{key}", status=303)

    assert _numbers(ada.browser.get(f"/author/posts/{key}/revisions")) == ["1"]


def test_a_post_inserted_with_plain_sql_gets_a_revision_at_its_first_edit(ada, site):
    key = site.add_post("By SQL", "by-sql", "SQL's words.", tags=["sql"])

    ada.post_form(f"/author/posts/{key}", body="Ada's words.", status=303)

    assert site.execute("SELECT number, body, tags FROM post_revisions ORDER BY number") == [
        (1, "SQL's words.", ["sql"]),
        (2, "Ada's words.", ["sql"]),
    ]


def test_any_two_revisions_can_be_compared(ada):
    key = ada.write(body="one")
    for body in ("two", "three"):
        ada.post_form(f"/author/posts/{key}", body=body, status=303)

    page = ada.browser.get(f"/author/posts/{key}/revisions?from=1&to=3")

    assert page.html.select_one("#compared").text == "From revision 1 to 3"
    assert page.html.select_one(".diff del").text == "- one"


def test_invalid_numbers_compare_the_last_two_revisions(ada):
    key = ada.write(body="one")
    ada.post_form(f"/author/posts/{key}", body="two", status=303)

    page = ada.browser.get(f"/author/posts/{key}/revisions?from=99&to=abc")

    assert page.html.select_one("#compared").text == "From revision 1 to 2"


def _button_to_bring_back(author, key: int):
    forms = author.browser.get(f"/author/posts/{key}/revisions").forms.values()
    return next(form for form in forms if "number" in form.fields)


def test_an_earlier_revision_is_restored_as_a_new_one(ada, site):
    key = ada.write("One", "First words.", tags="first")
    ada.post_form(f"/author/posts/{key}", title="Two", body="Second words.", tags="second", status=303)

    _button_to_bring_back(ada, key).submit("number", status=303)

    assert site.execute("SELECT title, body, revision FROM posts") == [("One", "First words.", 3)]
    assert site.execute("SELECT name FROM tags JOIN post_tags ON tag_id = id") == [("first",)]


def test_restoring_a_revision_detects_conflicts(ada, make_author, site):
    grace = make_author("grace")
    grace.sign_in()
    key = ada.write("One", "First words.")
    ada.post_form(f"/author/posts/{key}", body="Second words.", status=303)
    graces = _button_to_bring_back(grace, key)
    ada.post_form(f"/author/posts/{key}", body="Third words.", status=303)

    page = graces.submit("number", status=409)

    assert "ada saved revision 3 while you were editing." in page.html.select_one("section.note").text
    assert page.html.select_one(".diff del").text == "- Third words."
    assert site.value("SELECT body FROM posts") == "Third words."
    next(form for form in page.forms.values() if "title" in form.fields).submit("save", status=303)
    assert site.execute("SELECT body, revision FROM posts") == [("First words.", 4)]


def test_restoring_an_unknown_revision_gives_404(ada):
    key = ada.write()
    token = ada.token()

    for number in ("0", "9", "abc", ""):
        ada.browser.post(f"/author/posts/{key}/revisions/restore", {"csrf_token": token, "number": number}, status=404)


def test_the_second_of_two_authors_sees_both_versions(ada, make_author, site):
    grace = make_author("grace")
    grace.sign_in()
    key = ada.write(body="Common words.")
    adas, graces = (author.edit_form(f"/author/posts/{key}") for author in (ada, grace))
    adas["body"] = "Ada's words."
    graces["body"] = "Grace's words."

    adas.submit(status=303)
    page = graces.submit(status=409)

    assert "ada saved revision 2 while you were editing." in page.html.select_one("section.note").text
    assert page.html.select_one(".diff del").text == "- Ada's words."
    assert page.html.select_one("textarea#body").text.strip() == "Grace's words."
    assert site.value("SELECT body FROM posts") == "Ada's words."


def test_an_outdated_form_does_not_publish_a_withdrawn_post(ada, make_author, browser):
    grace = make_author("grace")
    grace.sign_in()
    key = ada.write("Post")
    graces = grace.edit_form(f"/author/posts/{key}")
    ada.post_form(f"/author/posts/{key}", state="draft", publish_on="", status=303)

    page = graces.submit(status=409)

    assert page.html.select_one("section.note dt").text == "Published"
    assert page.html.select_one("section.note dd del").text == "no (draft)"
    browser.get("/post/post", status=404)


def test_the_second_author_sees_each_field_that_differs(ada, make_author):
    grace = make_author("grace")
    grace.sign_in()
    key = ada.write("Title", "Words.", tags="one", publish_on="2026-01-02T03:04")
    adas, graces = (author.edit_form(f"/author/posts/{key}") for author in (ada, grace))
    for name, value in {"title": "Hers", "slug": "hers", "summary": "Hers.", "tags": "two, one"}.items():
        adas[name] = value
    adas["publish_on"] = "2026-02-03T04:05"

    adas.submit(status=303)
    page = graces.submit(status=409)

    fields = [
        (label.text, *(part.text for part in label.find_next("dd").select("del, ins")))
        for label in page.html.select("section.note dt")
    ]
    assert fields == [
        ("Title", "Hers", "Title"),
        ("Address", "hers", "title"),
        ("Summary", "Hers."),
        ("Tags", "one, two", "one"),
        ("Published", "2026-02-03 04:05 UTC", "2026-01-02 03:04 UTC"),
    ]
    assert "The text is the same." in page


def test_a_change_of_publication_is_a_revision(ada):
    key = ada.write()
    ada.post_form(f"/author/posts/{key}", state="draft", publish_on="", status=303)

    page = ada.browser.get(f"/author/posts/{key}/revisions")

    assert _numbers(page) == ["2", "1"]
    assert "The content is the same; only the publication date was changed." in page


def test_compared_revisions_show_tags_and_summary_too(ada):
    key = ada.write(tags="one", summary="Short.")
    ada.post_form(f"/author/posts/{key}", tags="two", summary="Shorter.", status=303)

    page = ada.browser.get(f"/author/posts/{key}/revisions")

    assert [label.text for label in page.html.select("section dt")] == ["Summary", "Tags"]


def test_after_a_conflict_the_second_author_can_save(ada, make_author, site):
    grace = make_author("grace")
    grace.sign_in()
    key = ada.write(body="Common words.")
    graces = grace.edit_form(f"/author/posts/{key}")
    ada.post_form(f"/author/posts/{key}", body="Ada's words.", status=303)
    graces["body"] = "Grace's words."
    page = graces.submit(status=409)

    next(form for form in page.forms.values() if "title" in form.fields).submit("save", status=303)

    assert site.execute("SELECT body FROM post_revisions ORDER BY number") == [
        ("Common words.",), ("Ada's words.",), ("Grace's words.",),
    ]  # fmt: skip


def test_exactly_one_of_simultaneous_saves_succeeds(make_author, site):
    authors = [make_author(f"author-{i}") for i in range(4)]
    for author in authors:
        author.sign_in()
    key = authors[0].write(body="Common words.")
    forms = [author.edit_form(f"/author/posts/{key}") for author in authors]
    for form, author in zip(forms, authors, strict=True):
        form["body"] = f"Words of {author.name}."
    statuses = []

    def submit(form):
        statuses.append(form.submit(expect_errors=True).status_int)

    threads = [threading.Thread(target=submit, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 409, 409, 409]
    assert site.value("SELECT count(*) FROM post_revisions") == 2


def test_exactly_one_of_simultaneous_posts_gets_the_address(make_author, site):
    authors = [make_author(f"author-{i}") for i in range(4)]
    forms = []
    for author in authors:
        author.sign_in()
        form = author.edit_form("/author/posts/new")
        form["title"], form["slug"] = author.name, "wanted"
        forms.append(form)
    statuses = []
    threads = [
        threading.Thread(target=lambda f=form: statuses.append(f.submit(expect_errors=True).status_int))
        for form in forms
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 422, 422, 422]
    assert site.value("SELECT count(*) FROM posts") == 1
