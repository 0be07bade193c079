"""A page as people use it: find what is written, click it, wait until something is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.browser.stack import wait_for

CLICKABLE = "self::button or self::a or @role='menuitem' or @role='button'"


class Screen:
    """One browser window over `dagster dev`."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver, self.url = driver, url

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)

    @property
    def text(self) -> str:
        """What is written on the page, as far as it is shown."""
        return str(self.driver.execute_script("return document.body ? document.body.innerText.toWellFormed() : ''"))

    def reads(self, *texts: str) -> None:
        """Waits until all of these are written on the page."""
        wait_for(
            f"{texts} on {self.driver.current_url}", lambda: all(one in self.text for one in texts), lambda: self.text
        )

    def find(self, text: str) -> Any:
        """The last shown and enabled thing to click with exactly this text: dialogs come last."""
        return self.last(f"//*[{CLICKABLE}][normalize-space(.)={quoted(text)} and not(@disabled)]")

    def last(self, path: str) -> Any:
        """The last shown thing that an XPath finds."""
        return next((one for one in reversed(self.driver.find_elements("xpath", path)) if one.is_displayed()), None)

    def click(self, text: str) -> None:
        """Clicks what has this text, as soon as it can be clicked."""
        self.click_one(lambda: self.find(text), text)

    def click_start(self, text: str) -> None:
        """Clicks the button whose text begins so."""
        path = f"//button[starts-with(normalize-space(.), {quoted(text)}) and not(@disabled)]"
        self.click_one(lambda: self.last(path), text)

    def click_text(self, text: str) -> None:
        """Clicks whatever this text is written in."""
        self.click_one(lambda: self.last(f"//*[normalize-space(text())={quoted(text)}]"), text)

    def click_css(self, selector: str) -> None:
        """Clicks the first thing that a CSS selector finds."""
        self.click_one(lambda: next(iter(self.driver.find_elements("css selector", selector)), None), selector)

    def click_one(self, find: Any, what: str) -> None:
        from selenium.common.exceptions import WebDriverException

        def clicked() -> bool:
            try:
                element = find()
                if element is None:
                    return False
                element.click()
            except WebDriverException:  # drawn anew, or something is still in front of it
                return False
            return True

        wait_for(f"{what!r} on {self.driver.current_url}", clicked, lambda: self.text)

    def shoot(self, path: Path) -> None:
        """Keeps a screenshot."""
        self.driver.save_screenshot(str(path))


def quoted(text: str) -> str:
    """A text for XPath, which knows no escapes."""
    assert '"' not in text
    return f'"{text}"'
