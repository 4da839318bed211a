"""Pages of the desk that are about no appointment; `in_business` is the door to every page."""

from staff.views.door import DeskRequest, Page, in_business

__all__ = ["DeskRequest", "Page", "in_business"]
