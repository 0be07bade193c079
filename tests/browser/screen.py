"""A page as people use it: find what is written, click it until it shows, wait until something is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.stack import wait_for

CLICKABLE = "self::button or self::a or @role='menuitem' or @role='button'"
TEXT = "return document.body ? document.body.innerText.toWellFormed() : ''"
AGAIN = 30.0  # seconds until a click without effect is tried again
Until = Callable[[], Any]


class Screen:
    """One browser window over `dagster dev`."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver, self.url = driver, url

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)

    @property
    def text(self) -> str:
        """What is written on the page, as far as it is shown; nothing while it goes over to another one."""
        from selenium.common.exceptions import JavascriptException

        try:
            return str(self.driver.execute_script(TEXT))
        except JavascriptException:
            return ""

    def shows(self, *texts: str) -> bool:
        """Whether all of these are written on the page."""
        text = self.text
        return all(one in text for one in texts)

    def reads(self, *texts: str) -> None:
        """Waits until all of these are written on the page."""
        wait_for(f"{texts} on {self.driver.current_url}", lambda: self.shows(*texts), lambda: self.text)

    def find(self, text: str) -> Any:
        """The last shown and enabled thing to click with exactly this text: dialogs come last."""
        return self.last(f"//*[{CLICKABLE}][normalize-space(.)={quoted(text)} and not(@disabled)]")

    def last(self, path: str) -> Any:
        """The last shown thing that an XPath finds."""
        return next((one for one in reversed(self.driver.find_elements("xpath", path)) if one.is_displayed()), None)

    def click(self, text: str, until: Until | None = None) -> Any:
        """Clicks what has this text, as soon as it can be clicked."""
        return self.press(lambda: self.find(text), text, until)

    def click_text(self, text: str, until: Until | None = None) -> Any:
        """Clicks whatever this text is written in."""
        return self.press(lambda: self.last(f"//*[normalize-space(text())={quoted(text)}]"), text, until)

    def click_css(self, selector: str, until: Until | None = None) -> Any:
        """Clicks the first thing that a CSS selector finds."""
        return self.press(
            lambda: next(iter(self.driver.find_elements("css selector", selector)), None), selector, until
        )

    def press(self, find: Callable[[], Any], what: str, until: Until | None) -> Any:
        """Clicks what ``find`` finds, again after a while, until ``until`` gives something true, which is returned: a
        click on what the page is just drawing anew is lost.
        """
        from selenium.common.exceptions import WebDriverException

        clicked = None

        def effect() -> Any:
            nonlocal clicked
            found = until() if until and clicked else None
            if found or (clicked and time.monotonic() - clicked < AGAIN):
                return found
            try:
                element = find()
                if element:
                    element.click()
                    clicked = time.monotonic()
            except WebDriverException:  # drawn anew, or something is still in front of it
                return None
            return until is None and clicked

        return wait_for(f"{what!r} on {self.driver.current_url}", effect, lambda: self.text)

    def write(self, selector: str, text: str) -> None:
        """Writes into a field instead of what is in it."""
        field = wait_for(selector, lambda: self.driver.find_elements("css selector", selector))[0]
        field.clear()
        field.send_keys(text)

    def keep(self, folder: Path) -> None:
        """Leaves what is to be seen: screenshot, text, address, messages of the browser."""
        self.driver.save_screenshot(str(folder / "page.png"))
        messages = "\n".join(one["message"] for one in self.driver.get_log("browser"))
        (folder / "page.txt").write_text(f"{self.driver.current_url}\n{messages}\n\n{self.text}", encoding="utf-8")


def quoted(text: str) -> str:
    """A text for XPath, which knows no escapes."""
    assert '"' not in text
    return f'"{text}"'
