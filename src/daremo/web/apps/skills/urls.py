"""Addresses of the check of skills."""

from django.urls import path

from daremo.web.apps.skills import views_check, views_items, views_paper, views_result, views_staff

app_name = "skills"

urlpatterns = [
    path("check/", views_check.start, name="start"),
    path("check/kiosk/<int:point_id>/", views_check.kiosk, name="kiosk"),
    path("check/about/<str:step>/", views_check.about, name="about"),
    path("check/task/", views_check.task, name="task"),
    path("check/back/", views_check.back, name="back"),
    path("check/result/", views_result.result, name="result"),
    path("check/result/share/", views_result.share, name="share"),
    path("check/result/paper/", views_result.paper, name="paper"),
    path("check/done/", views_result.done, name="done"),
    path("check/leave/", views_result.leave, name="leave"),
    path("check/form/", views_paper.form, name="form"),
    path("check/form/<str:sheet>/", views_paper.form, name="form"),
    path("lessons/", views_result.lessons, name="lessons"),
    path("lessons/<slug:lesson>/", views_result.lesson, name="lesson"),
    path("skills/", views_staff.hub, name="hub"),
    path("skills/person/<int:person_id>/", views_staff.person, name="person"),
    path("skills/result/<int:check_id>/withdraw/", views_staff.withdraw, name="withdraw"),
    path("skills/form/", views_paper.first, name="enter"),
    path("skills/form/<int:points>/", views_paper.second, name="enter-second"),
    path("skills/items/", views_items.items, name="items"),
    path("skills/items/<slug:item>/", views_items.item, name="item"),
    path("skills/export/", views_items.export, name="export"),
    path("skills/export/<str:table>.csv", views_items.table, name="table"),
]
