"""What each page of the project has to be: one file that is whole."""

import re
from html.parser import HTMLParser


class Tags(HTMLParser):
    """The tags of a page, and that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.open = []
        self.text = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input", "link", "br", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def check_needs_no_other_file(text, scripts=0):
    """Check that a page is well-formed, points to nothing outside itself, and runs no more."""
    assert "http://" not in text
    assert "https://" not in text
    tags = Tags(text)
    assert tags.open == []
    names = [tag for tag, _ in tags.found]
    assert not {"link", "iframe", "object"} & set(names)
    assert names.count("script") == scripts
    for _, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on")]
        for key in ("src", "href"):
            assert attributes.get(key, "#").startswith(("data:", "#"))
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'(?:href="|url\()#([^")]+)', text):
        assert reference in ids
    assert names.count("h1") == 1
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags.found
