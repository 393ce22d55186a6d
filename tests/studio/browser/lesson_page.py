"""What a reader finds on the lesson's page."""


def value(section, name):
    return section.locator(f"output[data-name={name}]").first.inner_text()


def known(section, name):
    """Whether the figure knows a number, and the text that speaks of it is shown."""
    return section.locator(f"output[data-name={name}]:visible").count() > 0


def press(section, action):
    """Presses the word in the text that calls for an action."""
    section.locator(f"[data-action='{action}']:visible").first.click()


def number(text):
    """A number as the page writes it."""
    digits, _, power = text.replace("−", "-").partition("·10")
    return float(digits) * 10 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def note_foreign(url, complaints):
    if not url.startswith(("file:", "blob:", "data:")):
        complaints.append(url)
