"""Addresses of the pages for residents."""

from django.urls import path

from daremo.web.apps.finder import views_after, views_ask, views_book, views_embed, views_find, views_mine

app_name = "finder"

urlpatterns = [
    path("", views_find.home, name="home"),
    path("places/print/", views_find.printed, name="print"),
    path("places/<int:point_id>/", views_find.point, name="point"),
    path("privacy/", views_find.privacy, name="privacy"),
    path("accessibility/", views_find.accessibility, name="accessibility"),
    path("book/<int:session_id>/", views_book.start, name="start"),
    path("wait/<int:session_id>/", views_book.start_wait, name="wait"),
    path("ask/<str:what>/", views_ask.start, name="ask"),
    path("errand/<str:kind>/<str:what>/check/", views_book.check, name="check"),
    path("errand/<str:kind>/<str:what>/stop/", views_book.stop, name="stop"),
    path("errand/<str:kind>/<str:what>/<str:step>/", views_book.step, name="step"),
    path("done/", views_book.done, name="done"),
    path("mine/", views_mine.look_up, name="look-up"),
    path("mine/booking/", views_mine.mine, name="mine"),
    path("mine/cancel/<int:booking_id>/", views_mine.cancel, name="cancel"),
    path("mine/cancel/all/", views_mine.cancel_all, name="cancel-all"),
    path("mine/withdraw/", views_mine.withdraw, name="withdraw"),
    path("mine/change/<int:booking_id>/", views_mine.change, name="change"),
    path("mine/wait/<int:wait_id>/<str:what>/", views_mine.waiting, name="waiting"),
    path("mine/calendar.ics", views_mine.calendar, name="calendar"),
    path("mine/leave/", views_mine.leave, name="leave"),
    path("after/", views_after.after, name="after"),
    path("embed/", views_embed.fragment, name="embed"),
    path("embed/times.json", views_embed.times, name="embed-times"),
    path("embed/finder.js", views_embed.script, name="embed-script"),
]
