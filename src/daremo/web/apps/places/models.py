"""Organisations, support points, supporters, and whatever can be in one place only at a time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from daremo.web.apps.journal.models import Row


class Area(Row):
    """A district with its people by life stage and the shares that the gap found (both from the region)."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=80)
    kana = models.CharField(max_length=120, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    people = models.JSONField(default=dict, help_text="人数：年代ごと")
    gap = models.JSONField(default=dict, help_text="壁がある人の割合：年代ごと")

    class Meta:
        verbose_name = "地区"

    def __str__(self) -> str:
        return self.name


class Organisation(Row):
    """A body that offers help: the city, a shop's company, a library, an association, a school."""

    class Kind(models.TextChoices):
        CITY = "city", "自治体"
        SHOP = "shop", "携帯ショップ"
        POST = "post_office", "郵便局"
        LIBRARY = "library", "図書館・公民館"
        WELFARE = "welfare", "福祉・社協"
        NPO = "npo", "NPO・地域団体"
        SCHOOL = "school", "学校"
        OTHER = "other", "その他"

    class State(models.TextChoices):
        APPLIED = "applied", "申請中"
        TRAINING = "training", "研修中"
        ACTIVE = "active", "活動中"
        SUSPENDED = "suspended", "休止"
        ENDED = "ended", "終了"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = "団体"

    def __str__(self) -> str:
        return self.name


class SupportPoint(Row):
    """An existing place where help is given."""

    class State(models.TextChoices):
        DRAFT = "draft", "準備中"
        PUBLISHED = "published", "公開"
        STALE = "stale", "確認が必要"
        CLOSED = "closed", "終了"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="points")
    area = models.ForeignKey(Area, on_delete=models.SET_NULL, null=True, blank=True, related_name="points")
    name = models.CharField(max_length=160)
    kana = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    postcode = models.CharField(max_length=8, blank=True, db_index=True)
    address = models.CharField(max_length=240, blank=True)
    floor = models.CharField(max_length=40, blank=True, help_text="2階、3番窓口 など")
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    url = models.URLField(max_length=400, blank=True)
    opening_hours = models.TextField(blank=True, help_text="OSM opening_hours")
    walk_in = models.BooleanField(default=False, help_text="予約なしでも相談できる")
    step_free = models.BooleanField(null=True, blank=True)
    access = models.JSONField(default=list, blank=True, help_text="toilet, parking, hearing_loop, sign, quiet_room …")
    languages = models.JSONField(default=list, blank=True, help_text="ja, en, vi … (BCP 47)")
    topics = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PUBLISHED)
    verified_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True, db_index=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    merge_undo = models.JSONField(null=True, blank=True, help_text="what moved to the kept point, and the state before")
    extra = models.JSONField(default=dict, blank=True, help_text="columns of the source that have no field here")

    class Meta:
        verbose_name = "相談場所"
        indexes = [models.Index(fields=["state", "lat", "lon"])]

    def __str__(self) -> str:
        return self.name


class Resource(Row):
    """Something that can be in one place only at a time: a supporter, a room, an interpreter, a vehicle."""

    class Kind(models.TextChoices):
        SUPPORTER = "supporter", "支援者"
        ROOM = "room", "部屋"
        INTERPRETER = "interpreter", "通訳"
        SIGN = "sign", "手話通訳"
        VEHICLE = "vehicle", "車・船"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=12, choices=Kind)
    label = models.CharField(max_length=80)
    point = models.ForeignKey(SupportPoint, on_delete=models.PROTECT, null=True, blank=True, related_name="rooms")
    languages = models.JSONField(default=list, blank=True)
    active = models.BooleanField(default=True)

    PERSONAL: ClassVar[tuple[str, ...]] = ("label",)

    class Meta:
        verbose_name = "資源"


class Supporter(Row):
    """Somebody who helps, students included. Name and birth date stay out of the journal."""

    class State(models.TextChoices):
        APPLIED = "applied", "申しこみ"
        CHECKED = "checked", "確認ずみ"
        TRAINED = "trained", "研修ずみ"
        ACTIVE = "active", "活動中"
        PAUSED = "paused", "休み"
        ENDED = "ended", "終了"

    PERSONAL: ClassVar[tuple[str, ...]] = ("name", "kana", "phone", "birth_date")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="supporters")
    user = models.OneToOneField(
        "staff.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="supporter"
    )
    resource = models.OneToOneField(Resource, on_delete=models.PROTECT, related_name="supporter")
    name = models.CharField(max_length=60)
    kana = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    youth = models.BooleanField(default=False)
    guardian_consent_on = models.DateField(null=True, blank=True)
    topics = models.JSONField(default=list, blank=True)
    languages = models.JSONField(default=list, blank=True)
    hours_week_max = models.FloatField(default=20.0)
    home_point = models.ForeignKey(SupportPoint, on_delete=models.SET_NULL, null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)

    class Meta:
        verbose_name = "支援者"

    def __str__(self) -> str:
        return self.name


class Qualification(Row):
    """What a supporter may do, and until when (training, background check, driving)."""

    supporter = models.ForeignKey(Supporter, on_delete=models.CASCADE, related_name="qualifications")
    kind = models.CharField(max_length=40)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "資格"


class Availability(Row):
    """When a supporter can come: every week, from a time to a time."""

    supporter = models.ForeignKey(Supporter, on_delete=models.CASCADE, related_name="availabilities")
    weekday = models.PositiveSmallIntegerField(help_text="0 = 月")
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        verbose_name = "来られる時間"


class Leave(Row):
    """Days on which a supporter does not come."""

    supporter = models.ForeignKey(Supporter, on_delete=models.CASCADE, related_name="leaves")
    first = models.DateField()
    last = models.DateField()

    class Meta:
        verbose_name = "休み"
