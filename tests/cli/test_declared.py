from dataclasses import replace

from advisorjobs.cli.declared import declared
from advisorjobs.settings import Settings


def test_doctor_names_the_jobs_that_wait_for_a_function(settings: Settings) -> None:
    finding = declared(settings)
    assert (finding.about, finding.state) == ("jobs", "note")
    assert "wait for a worker with their function: critical:emergency_notification" in finding.text
    assert "document:ocr" not in finding.text


def test_doctor_says_so_where_a_module_with_jobs_can_not_be_imported(settings: Settings) -> None:
    finding = declared(replace(settings, imports=("no_module_of_this_name",)))
    assert finding.state == "wrong"
    assert "no_module_of_this_name" in finding.text
