"""Addresses of the pages about places, times, supporters and the roster."""

from django.urls import path

from daremo.web.apps.schedule import views, views_merge, views_people

app_name = "schedule"

urlpatterns = [
    path("schedule/", views.points, name="points"),
    path("schedule/points/new/", views.new_point, name="new-point"),
    path("schedule/points/<int:point_id>/", views.point, name="point"),
    path("schedule/points/<int:point_id>/edit/", views.edit_point, name="edit-point"),
    path("schedule/points/<int:point_id>/merge/", views_merge.merge, name="merge-point"),
    path("schedule/points/<int:point_id>/unmerge/", views_merge.unmerge, name="unmerge-point"),
    path("schedule/points/<int:point_id>/opening/", views.new_opening, name="new-opening"),
    path("schedule/openings/<int:opening_id>/day/", views.exception, name="exception"),
    path("schedule/openings/<int:opening_id>/end/", views.end_opening, name="end-opening"),
    path("schedule/exceptions/<int:exception_id>/forget/", views.forget_exception, name="forget-exception"),
    path("schedule/offers/", views.offers, name="offers"),
    path("schedule/offers/new/", views.new_offer, name="new-offer"),
    path("schedule/offers/<int:offer_id>/", views.edit_offer, name="edit-offer"),
    path("schedule/sessions/<int:session_id>/", views.session, name="session"),
    path("schedule/sessions/<int:session_id>/change/", views.change_session, name="change-session"),
    path("schedule/sessions/<int:session_id>/staff/", views.staff_session, name="staff-session"),
    path("schedule/supporters/", views_people.supporters, name="supporters"),
    path("schedule/supporters/new/", views_people.new_supporter, name="new-supporter"),
    path("schedule/supporters/<int:supporter_id>/", views_people.supporter, name="supporter"),
    path("schedule/supporters/<int:supporter_id>/edit/", views_people.edit_supporter, name="edit-supporter"),
    path("schedule/supporters/<int:supporter_id>/leave/", views_people.new_leave, name="new-leave"),
    path("schedule/supporters/<int:supporter_id>/time/", views_people.new_time, name="new-time"),
    path("schedule/supporters/<int:supporter_id>/qualification/", views_people.new_qualification, name="new-qualification"),
    path("schedule/supporters/<int:supporter_id>/remove/", views_people.remove, name="remove"),
    path("schedule/roster/", views_people.roster, name="roster"),
]  # fmt: skip
