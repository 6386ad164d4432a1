"""The search over cases finds by any word what a reader reads whole, and nothing of it for anybody else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from service.clock import jobs
from service.store.session import db
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]


def test_staff_find_a_case_by_a_word_of_its_declaration_and_others_do_not(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = {**lead.form(f"/tasks/{task}"), **GOOD, "project_name": "线控制动与智能底盘", "_submit": "1"}
    assert lead.post(f"/tasks/{task}", sent).status_code == 303
    with site.app_context():
        db.session.execute(db.text("UPDATE cases SET submitted_at = started_at, title = '一个案件'"))
        db.session.commit()
        jobs.keep_house(AT)
        jobs.write_case_texts(AT)
    assert "一个案件" in browse("office").get("/cases?q=控制动").text
    assert "一个案件" not in browse("office").get("/cases?q=制动控").text
    assert "一个案件" not in browse("elsewhere").get("/cases?q=控制动").text
    assert "一个案件" not in browse("stranger").get("/cases?q=控制动").text
    assert "一个案件" not in lead.get("/cases?q=控制动").text, "a party finds by what the list shows"
    assert "一个案件" in lead.get("/cases?q=一个案").text
    assert browse("office").get("/cases?q=%00%27").status_code in (200, 422)
