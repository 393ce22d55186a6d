"""What a reader finds on the lesson's page."""


def value(section, name):
    return section.locator(f"output[data-name={name}]").first.inner_text()


def known(section, name):
    """Whether the figure knows a number, and the text that speaks of it is shown."""
    return section.locator(f"output[data-name={name}]:visible").count() > 0


def press(section, action):
    """Presses the word in the text that calls for an action."""
    section.locator(f"[data-action='{action}']:visible").first.click()


FRAMES = 200
"""Milliseconds of a page whose time stands still: some frames, in which it moves."""


def stopped(page):
    """The page's time, which stands still from here on, so that no test must be faster than what it looks at."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    return page.clock


def number(text):
    """A number as the page writes it."""
    digits, _, power = text.replace("−", "-").partition("·10")
    return float(digits) * 10 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def note_foreign(url, complaints):
    if not url.startswith(("file:", "blob:", "data:")):
        complaints.append(url)
