"""What may be recorded: every rule, in the order of checking.

Each rule is a small function whose docstring is the rule; docs/rules.md shows them all. REFUSALS refuse the entry.
WARNINGS allow it and say what may have been overlooked. SIGNING checks a submission as a whole.

The guards of the state machines in `projections` say what may follow what within one matter: closed is final; Engage is
entered from Scan. `every_entry.the_guards_allow_it` asks them.

To add a rule, write it in the module of its subject, and list it here.
"""

from events import Entry
from events.rules import RULES, holds
from ledger.errors import Problem
from ledger.rules import (
    amendments,
    bodies,
    clock,
    concerns,
    documents,
    every_entry,
    inspections,
    monitoring,
    recorders,
    responses,
    signatures,
)
from ledger.rules.context import RuleContext
from ledger.rules.every_entry import too_long
from ledger.rules.recorders import ended_since
from ledger.rules.rule import REFUSALS, WARNINGS, refusals, warnings
from ledger.statements import Submission

__all__ = ["REFUSALS", "RULES", "SIGNING", "WARNINGS", "ended_since", "refusals", "too_long", "warnings"]

REFUSALS += [
    every_entry.one_fact_is_recorded_once,  # if it fires, the others are skipped
    every_entry.its_body_is_registered,
    every_entry.its_documents_are_registered,
    every_entry.an_amendments_documents_are_registered,
    every_entry.what_it_rests_on_is_on_record,
    every_entry.no_fact_is_in_the_future,
    every_entry.the_guards_allow_it,
    every_entry.the_order_within_a_day,
    bodies.a_body_is_known_by_names_of_its_own,
    bodies.a_merger_hands_over_what_is_open,
    bodies.what_a_merger_hands_over_has_an_id_of_its_own,
    concerns.a_concern_that_is_named_is_on_record,
    documents.a_closure_rests_on_a_later_document,
    documents.a_closure_rests_on_a_document_about_the_body,
    documents.only_a_registered_document_is_revised,
    documents.a_documents_id_is_no_number,
    documents.a_document_is_registered_once,
    documents.a_quote_is_found_in_its_document,
    inspections.the_framework_is_known,
    inspections.the_programme_is_known,
    inspections.a_framework_is_for_one_kind_of_body,
    inspections.the_area_is_one_of_the_framework,
    inspections.the_grade_is_on_the_scale,
    inspections.only_a_graded_area_has_a_grade,
    inspections.its_inspection_is_on_record,
    inspections.an_inspection_judges_what_it_covers,
    every_entry.what_it_concerns_is_on_record,
    amendments.only_what_is_in_force_is_amended,
    amendments.the_ledgers_own_record_is_not_amended,
    amendments.only_what_is_no_longer_in_force_is_withheld,
    amendments.what_is_withheld_is_not_restored,
    amendments.a_correction_keeps_its_kind_and_matter,
    amendments.a_correction_keeps_the_fact,
    amendments.what_a_correction_rests_on,
    amendments.a_refined_date_lies_within_the_old,
    amendments.a_replacement_keeps_the_rules,
    amendments.what_depends_on_it_still_keeps_the_rules,
    clock.a_clock_is_corrected_alone,
    clock.a_clock_correction_names_the_first_later_entry,
    recorders.a_ledger_is_opened_once,
    recorders.the_key_is_the_one_that_is_named,
    recorders.a_key_is_used_for_one_thing,
    recorders.a_log_key_is_handed_over,
    recorders.only_an_authorised_key_is_revoked,
    recorders.somebody_can_still_sign,
    responses.a_response_answers_a_report_about_the_body,
    responses.a_reply_is_to_a_recommendation_on_record,
]

WARNINGS += [
    bodies.an_open_item_that_a_merger_did_not_name,
    bodies.a_body_that_was_merged,
    concerns.a_report_states_its_recommendations,
    concerns.a_deadline_before_the_issue,
    concerns.closed_with_recommendations_unknown,
    concerns.a_recurrence_of_what_is_still_open,
    concerns.a_revisit_that_found_things_worse,
    concerns.all_recommendations_closed,
    documents.a_document_about_another_body,
    documents.a_document_older_than_the_fact,
    documents.a_document_that_limits_the_date,
    every_entry.a_month_that_may_be_a_financial_year,
    documents.a_document_of_the_same_title_and_date,
    documents.sought_and_yet_on_record,
    documents.a_quote_that_is_not_checked,
    inspections.an_area_that_is_not_listed,
    inspections.a_report_on_one_pillar,
    inspections.a_tally_that_does_not_add_up,
    every_entry.an_area_of_no_framework,
    every_entry.a_claim_about_nothing,
    every_entry.a_kind_that_was_withheld_here,
    amendments.corroborated_by_the_same_document,
    amendments.a_correction_that_cites_what_was_contradicted,
    amendments.what_may_be_overlooked_in_a_replacement,
    monitoring.engaged_without_an_inadequate_grade,
    monitoring.engaged_before_a_concern_was_issued,
    monitoring.returned_with_a_concern_open,
    monitoring.closed_with_the_body_still_in_engage,
    monitoring.inadequate_in_scan,
    responses.whether_a_letter_calls_for_a_response,
    responses.a_response_by_another_office,
]

SIGNING = [
    signatures.its_key_is_authorised,  # if it fires, the others are skipped
    signatures.the_log_key_signs_recoveries_alone,
    signatures.a_recorder_keeps_to_its_role_and_kinds,
    signatures.four_eyes_where_the_policy_asks_for_them,
    signatures.a_clock_dates_its_own_entries_or_is_approved,
    signatures.an_approval_is_anothers_and_of_this_batch,
]


def wrongly_signed(submission: Submission, context: RuleContext) -> list[tuple[Entry | None, Problem]]:
    """What is wrong with who signs a submission; with None what is wrong with it as a whole. By rules of a later number
    than RULES it is only asked whether the key is authorised: which kinds say that never changes."""
    first, *rest = (rule for rule in SIGNING if holds(rule, submission.rules))
    if submission.rules > RULES:
        rest = []
    return list(first(submission, context)) or [found for rule in rest for found in rule(submission, context)]
