"""What every template may use."""

from datetime import datetime

from pyramid.events import BeforeRender

from boneyard_blog.text import render, summarise


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _before_render(event):
    settings = event["request"].registry.settings
    event["site_title"] = settings["blog.title"]
    event["site_tagline"] = settings["blog.tagline"]
    event["contact_links"] = event["request"].registry.blog.contact_links


def includeme(config):
    config.add_jinja2_search_path("boneyard_blog:templates")
    config.add_subscriber(_before_render, BeforeRender)
    config.commit()
    environment = config.get_jinja2_environment()
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(day=_day, markdown=render, summarise=summarise)
