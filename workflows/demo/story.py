"""What happened in Đồng Liên from 7 November to 12 December 2022 (invented), told as acts of a season."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from pathlib import Path

from engine import regulations
from engine.database import Database, unit_of_work
from workflows import handlers
from workflows.actions.passwords import change_password, sign_in
from workflows.demo import nominees as who
from workflows.demo.players import Form, Players, move_clock
from workflows.demo.season import COUNCIL, Season, day
from workflows.fixtures import dong_lien
from workflows.fixtures.dong_lien import Account, Fixture

WORDS = (
    "lua",
    "che",
    "tre",
    "sen",
    "cau",
    "mia",
    "ngo",
    "khoai",
    "buoi",
    "nhan",
    "mit",
    "dua",
    "song",
    "nui",
)
TODAY = date(2022, 12, 12)
FIRST_DAY = date(2022, 10, 31)

PASSED_OFFICE = [f"office-{code}" for code in who.OFFICE_LDTT if code not in ("CB12", "CB13")]
HAMLETS = {
    "X01": ("X01T", who.HAMLET_1, who.ROADS),
    "X02": ("X02T", who.HAMLET_2, who.TREES),
    "X06": ("X06T", who.HAMLET_6, who.POOR),
    "X07": ("X07T", who.HAMLET_7, who.FARMING),
}
BODIES = [f"body-{code}" for code in who.BODIES_LDTT]


def build(database: Database, regulation_folder: Path) -> Fixture:
    """Fill an empty installation with the demo; returns the organisation with its printed accounts.

    The clock stands on 12 December 2022, 08:00 in Vietnam, when this returns. Needs a migrated database and
    configured `workflows.settings`.
    """
    handlers.register_all()
    move_clock(database, FIRST_DAY)
    fixture = dong_lien.create(database)
    publish(database, fixture, regulation_folder)
    season = Season(Players(database, fixture))
    _november(season)
    _december(season)
    _today(season)
    fixture.accounts = [settled(database, fixture, account) for account in fixture.accounts]
    return fixture


def settled(database: Database, fixture: Fixture, account: Account) -> Account:
    """The account after its first sign-in, where everybody replaces the one-time password by an own one."""
    new = f"{secrets.choice(WORDS)}-{secrets.choice(WORDS)}-{secrets.randbelow(9000) + 1000}"
    with unit_of_work(database) as uow:
        person = sign_in(uow, account.username, account.password)
        assert person is not None
        uow.organisation_id, uow.actor_id, uow.actor_name = (
            person.organisation_id,
            person.id,
            person.full_name,
        )
        change_password(uow, current=account.password, new=new)
    return replace(account, password=new)


def publish(database: Database, fixture: Fixture, folder: Path) -> None:
    """The shipped regulation, in force for the whole country from its own first day."""
    with unit_of_work(database, organisation_id=fixture.country_id) as uow:
        draft = regulations.import_folder(uow, folder, organisation_id=fixture.country_id)
        assert draft.effective_from is not None
        regulations.publish(
            uow,
            draft.id,
            effective_from=draft.effective_from,
            effective_until=draft.effective_until,
            allow_past=True,
        )


def _november(season: Season) -> None:
    """The advanced workers of office and bodies, and the household of the acceptance scenario."""
    at = season.players.move_clock
    people = season.players.fixture.people
    at(day(11, 7))
    season.reserve_numbers()
    office = {
        f"office-{code}": who.advanced_worker(
            str(people[code]), months=8 if code == who.RECRUITED_LATE else 60
        )
        for code in who.OFFICE_LDTT
    }
    season.nominate("TP_HT", "CQ", office)
    season.submit("TP_HT", list(office))
    bodies = {f"body-{code}": who.advanced_worker(str(people[code])) for code in who.BODIES_LDTT}
    season.nominate("ND", "MT", bodies)
    season.submit("ND", list(bodies))
    season.nominate("X04T", "X04", {"household": who.FARMER_HOUSEHOLD}, movement=who.FARMING)
    season.nominate("X04T", "X04", {"farmer": who.FARMER_WORKER})
    season.attach("X04T", "household", "merit_report", "Báo cáo thành tích của hộ ông Hà Văn Mẫu")
    season.attach("X04T", "household", "association_confirmation", "Xác nhận của Hội Nông dân xã")
    season.submit("X04T", ["household", "farmer"])
    at(day(11, 9))
    season.review("PCT1", "CQ", list(office), on=day(11, 9), present=22)
    at(day(11, 10))
    season.review("MTTQ", "MT", list(bodies), on=day(11, 10), present=6)
    at(day(11, 18))
    season.review("X04T", "X04", ["household", "farmer"], on=day(11, 18), present=92)
    _appraise_november(season, list(office))
    at(day(11, 25))
    for unit, (head, rows, movement) in HAMLETS.items():
        _nominated(season, head, unit, rows, movement)
        season.review(head, unit, _names(unit, rows), on=day(11, 25), present=70)
        season.receive(_names(unit, rows))


def _appraise_november(season: Season, office: list[str]) -> None:
    at = season.players.move_clock
    at(day(11, 21))
    own, others = ["office-VP"], [name for name in office if name != "office-VP"]
    season.receive(own, clerk="TP_HT")
    season.receive([*others, *BODIES, "household", "farmer"])
    at(day(11, 23), 14)
    season.appraise(own, "accept", clerk="TP_HT")
    accepted = [name for name in others if name not in ("office-CB12", "office-CB13")]
    season.appraise([*accepted, *BODIES, "household", "farmer"], "accept")
    season.appraise(["office-CB12"], "return", "Ghi rõ nhiệm vụ đã hoàn thành; bản tóm tắt còn chung chung.")
    season.appraise(["office-CB13"], "refuse", "Tuyển dụng mới 08 tháng, chưa đủ 10 tháng công tác.")


def _december(season: Season) -> None:
    """The first session and its two papers; then the fighters, up to the city and one of them back."""
    at = season.players.move_clock
    people = season.players.fixture.people
    at(day(11, 28), 14)
    names = [*PASSED_OFFICE, *BODIES, "household", "farmer"]
    first = season.call_session("Họp Hội đồng xét Lao động tiên tiến năm 2022", names, on=day(11, 28))
    season.vote(first, COUNCIL, against={"CA": "household"})
    season.conclude(first)
    at(day(11, 30))
    season.hold("office-TCKT", "Đơn kiến nghị số 15/ĐKN ngày 29/11/2022 (hư cấu)")
    at(day(12, 1))
    subject = "tặng danh hiệu Lao động tiên tiến, Giấy khen năm 2022"
    season.paper("decision", subject, chairman="PCT1", number=203, on=day(12, 1))
    at(day(12, 2))
    fighters = {
        f"fighter-{code}": who.fighter(str(people[code]), who.INITIATIVES[code]) for code in who.FIGHTERS
    }
    season.nominate("TP_HT", "CQ", fighters)
    for name in fighters:
        season.attach("TP_HT", name, "merit_report", "Báo cáo thành tích cá nhân")
        season.attach("TP_HT", name, "initiative_certificate", "Giấy chứng nhận sáng kiến", who.YEAR)
    season.submit("TP_HT", list(fighters))
    at(day(12, 5))
    season.review("PCT1", "CQ", list(fighters), on=day(12, 5), present=21)
    season.receive(list(fighters))
    at(day(12, 6))
    season.appraise(list(fighters), "accept")
    at(day(12, 7), 14)
    second = season.call_session(
        "Họp Hội đồng xét Chiến sĩ thi đua cơ sở năm 2022", list(fighters), on=day(12, 7), absent=["CCB"]
    )
    season.vote(second, [member for member in COUNCIL if member != "CCB"])
    season.conclude(second)
    at(day(12, 8))
    season.paper(
        "proposal", "đề nghị tặng danh hiệu Chiến sĩ thi đua cơ sở năm 2022", chairman="CT", number=87,
        on=day(12, 8),
    )  # fmt: skip
    package = season.send_up()
    _hamlets(season)
    at(day(12, 9), 15)
    season.players.complete("PNV", "decide_package", package, _one_returned)


def _one_returned(form: Form) -> Form:
    """The city's desk sends one of the package's dossiers back and has not answered the others yet."""
    reason = "Giấy chứng nhận sáng kiến kèm theo là của năm 2021; đề nghị thay bằng bản của năm 2022."
    back = {"answer": "returned", "reason": reason}
    lines = [{"id": row["id"]} | (back if "Nông Thị Yến" in row["name"] else {}) for row in form["lines"]]
    return {"lines": lines}


def _hamlets(season: Season) -> None:
    """The dossiers of the hamlets, each left at another stage of its road."""
    season.appraise(_names("X01", who.HAMLET_1), "accept")
    season.appraise(["X06-1"], "return", "Báo cáo chưa nêu số liệu; đề nghị ghi kết quả cụ thể rồi nộp lại.")
    season.appraise(["X06-2"], "supplement", "Đề nghị bổ sung xác nhận của Ban vận động quỹ Vì người nghèo.")
    season.withdraw("X07T", "X07-1", "Gia đình xin rút để xét vào năm sau.")
    season.hold("X07-2", "Công an xã đang xác minh, Công văn số 21/CAX ngày 05/12/2022 (hư cấu)")
    _nominated(season, "X03T", "X03", who.HAMLET_3, who.FIRE)
    _school(season)


def _school(season: Season) -> None:
    """A teacher's title does not go through the commune in 2022."""
    season.nominate("TH1", "TH", {"teacher": who.TEACHER})
    season.submit("TH1", ["teacher"])
    season.review("TH1", "TH", ["teacher"], on=day(12, 8), present=24)
    season.receive(["teacher"])
    reason = "Không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT thành phố."
    season.appraise(["teacher"], "refuse", reason)


def _today(season: Season) -> None:
    """What lies on everybody's desk on the morning of 12 December."""
    season.players.move_clock(TODAY)
    season.convene("X03T", "X03", _names("X03", who.HAMLET_3), on=TODAY, invited=75)
    _nominated(season, "X05T", "X05", who.HAMLET_5, who.DIGITAL, submit=False)
    season.nominate("X08T", "X08", {"rescuer": who.RESCUER})
    season.attach("X08T", "rescuer", "merit_report", "Báo cáo tóm tắt thành tích đột xuất")
    season.submit("X08T", ["rescuer"])
    season.review("X08T", "X08", ["rescuer"], on=TODAY, present=61)
    third = season.call_session(
        "Họp Hội đồng xét Giấy khen phong trào năm 2022", _names("X01", who.HAMLET_1), on=TODAY
    )
    season.vote(third, ["MTTQ", "DU", "PN"])


def _nominated(
    season: Season, head: str, unit: str, rows: tuple[who.Row, ...], movement: str, *, submit: bool = True
) -> None:
    names = _names(unit, rows)
    season.nominate(head, unit, dict(zip(names, rows, strict=True)), movement=movement)
    if not submit:
        return
    for name in names:
        season.attach(head, name, "merit_report", "Báo cáo thành tích")
    season.submit(head, names)


def _names(unit: str, rows: tuple[who.Row, ...]) -> list[str]:
    return [f"{unit}-{number}" for number in range(1, len(rows) + 1)]
