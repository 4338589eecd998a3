"""Whatever number a text quotes, the cards beside it say the same, on every path."""

import operator
import re
from functools import cache

import pytest

from scenarios import engine
from scenarios.content import scenario_texts
from scenarios.engine.play import Run, as_told

# What a reveal says of the cards: the words, and by how much the choice changes the metric ("=": to what).
CHANGES = {
    "canary_that_sang_too_late": [
        ("rollout_plan.canary", "Setting it up takes two days", "delay", +2),
        ("rollout_plan.quarter", "50,000 customers meet it", "exposed_users", "= 50000"),
        ("no_failure_yet.five", "10,000 customers are on the new code", "exposed_users", "= 10000"),
        ("no_failure_yet.five", "Some dozens have had trouble paying", "affected_users", "= 50"),
        ("no_failure_yet.hold", "612 sessions", "exposed_users", "= 612"),
        ("no_failure_yet.hold", "three odd failures", "affected_users", "= 3"),
        ("flat_average.hold", "Three days later", "delay", +3),
        ("flat_average.trust_average", "With everyone on the new code", "exposed_users", "= 200000"),
        ("review.blameless", "pleased to wait", "delay", +1),
    ],
    "one_hundred_percent": [
        ("slow_empty.delete", "Coverage falls by twelve points", "coverage", -12),
    ],
    "pull_the_cord": [
        ("silence.remind", "stopped about once a week", "line_stops", "= 1"),
        ("silence.stop_button", "five rollouts are stopped in an ordinary week", "line_stops", "= 5"),
        ("silence.monitor", "stops five rollouts a week", "line_stops", "= 5"),
        ("false_alarm.careful", "stopped about once a week", "line_stops", "= 1"),
        ("false_alarm.thank", "five rollouts are stopped in an ordinary week", "line_stops", "= 5"),
        ("false_alarm.tune_only", "stopped about once a week", "line_stops", "= 1"),
        ("false_alarm.approval", "stopped about once a week", "line_stops", "= 1"),
        ("many_stops.threshold", "One stop a week.", "line_stops", "= 1"),
        ("many_stops.ignore_start", "Two stops a week remain", "line_stops", "= 2"),
        ("many_stops.approvers", "Two stops a week get through", "line_stops", "= 2"),
        ("many_stops.stop", "three of the five stops are gone", "line_stops", -3),
        ("many_stops.five_whys", "removes three of the five stops", "line_stops", -3),
        ("few_stops.ask_why", "people stop four rollouts a week", "line_stops", "= 4"),
        ("few_stops.quota", "Three a week", "line_stops", "= 3"),
        ("board_kpi.fewer", "nobody stops a rollout any more", "line_stops", "= 0"),
    ],
    "the_inspectors": [
        ("fewer_reviewers.risk_rank", "55 of its 100 million", "saved_cost", "= 55"),
        ("fewer_reviewers.risk_rank", "two weeks from the plan", "schedule", -2),
        ("one_sensor.second_source", "Seven weeks are gone", "schedule", -7),
        ("report.independent", "Three more reports", "whistle", +3),
        ("field_event.stop_cause", "40 million in all", "failure_cost", "= 40"),
        ("grave_event.wait_and_see", "a bill of 20,000 million", "failure_cost", "= 20000"),
    ],
    "the_qa_sprint": [],
    "two_units_one_number": [
        ("residuals.wait", "five working days are gone", "schedule_slack", -5),
        ("uneasy.prove_safe", "moves by three days", "schedule_slack", -3),
        ("rehearsal.thin_thread", "the six days are well spent", "schedule_slack", -6),
        ("rehearsal.full", "After sixteen days", "schedule_slack", -16),
    ],
    "zero_bug_policy": [
        ("backlog_review.smash", "256 remain", "bug_backlog", "= 256"),
        ("backlog_review.hardening", "390", "bug_backlog", "= 390"),
        ("backlog_review.groom", "440", "bug_backlog", "= 440"),
        ("smash_week4.push_on", "Zero at last", "bug_backlog", "= 0"),
        ("smash_week4.cut_over", "90 bugs stay open", "bug_backlog", "= 90"),
        ("smash_week4.rule_only", "The old 256 stay", "bug_backlog", "= 256"),
        ("smash_week4.back_to_normal", "346", "bug_backlog", "= 346"),
        ("backlog_review.bankrupt", "60 days in this quarter", "feature_days", +60),
        ("after_cycle.more_hardening", "240 days in a quarter", "feature_days", +240),
        ("after_cycle.more_hardening", "70 bugs fewer", "bug_backlog", -70),
        ("capacity.pareto", "80 days of work", "feature_days", +80),
        ("close_how.silent", "310", "bug_backlog", -310),
        ("close_how.scan", "298 are closed", "bug_backlog", -298),
        ("close_how.note_only", "310 are closed", "bug_backlog", -303),  # and seven reopened
        ("close_how.rejustify", "close 160", "bug_backlog", -160),
        ("first_bug.later_list", "60 entries", "bug_backlog", +60),
    ],
    "the_pager_at_three": [
        ("forty_pages.objectives", "nine minutes sooner", "detect", -9),
        ("forty_pages.objectives", "rings twice a week more", "pages", +2),
        ("forty_pages.prune", "26 of the 31 are gone", "pages", -26),
        ("forty_pages.prune", "One alert that was turned into a ticket would have announced", "missed", +1),
        ("forty_pages.bigger_rota", "the 40 pages stay", "pages", "= 40"),
        ("both_worlds.all_at_once", "a certificate expires and a backup fails", "missed", +2),
        ("both_worlds.retire", "It takes seven days of work", "days", +7),
        ("both_worlds.retire", "one alert too many goes", "missed", +1),
        ("still_forty.prune_now", "26 pages a week disappear", "pages", -26),
        ("still_forty.prune_now", "is missed once", "missed", +1),
        ("still_forty.mute_night", "13 pages a week now arrive", "pages", -13),
        ("still_forty.raise", "Half the pages are gone", "pages", "= 20"),
        ("what_pages.tune", "Six pages fewer a week", "pages", -6),
        ("what_pages.tune", "two days of work", "days", +2),
        ("what_pages.tune", "nine minutes later", "detect", +9),
        ("what_pages.objectives", "Twelve days of work", "days", +12),
        ("what_pages.objectives", "seven pages a week go", "pages", -7),
        ("what_pages.objectives", "twelve minutes sooner", "detect", -12),
        ("what_pages.both", "eleven minutes sooner", "detect", -11),
        ("the_rota.recover", "shrinks by 16 days", "days", +16),
        ("silent_sunday.lower", "rings eight times a week for small dips", "pages", +8),
        ("silent_sunday.journey", "Six more days of work", "days", +6),
        ("silent_sunday.journey", "one page a week more", "pages", +1),
    ],
    "the_budget_is_spent": [
        ("nine_days.pilot", "2,000 failed requests", "failed", +2),
        ("nine_days.pilot", "moves by four days", "delay", +4),
        ("nine_days.launch", "adds 22,000 failed requests", "failed", +22),
        ("nine_days.launch", "a new cause", "causes", +1),
        ("nine_days.hold", "moves by nine days", "delay", +9),
        ("where_it_went.search", "another 4,000 requests fail", "failed", +4),
        ("where_it_went.guard", "9,000 more by the end of the month", "failed", +9),
        ("where_it_went.everything", "Three causes are closed", "causes", -3),
        ("where_it_went.everything", "Search costs 9,000 more", "failed", +9),
        ("one_exception.senior", "costs 7,000 requests", "failed", +7),
        ("one_exception.coupon", "about 1,000 failed requests", "failed", +1),
        ("full_again.all_now", "19,000 failed requests", "failed", +19),
        ("full_again.trickle", "2,000 failed requests", "failed", +2),
        ("full_again.trickle", "waited four days more", "delay", +4),
        ("full_again.hold", "Ten calm days", "delay", +10),
        ("full_again.hold", "1,000 failed requests", "failed", +1),
        ("the_next_time.approve", "the next feature by five days", "delay", +5),
        ("the_next_time.burn_rate", "delays it by two days", "delay", +2),
    ],
    "two_thousand_lines_on_friday": [
        ("friday_afternoon.split", "two days of her week", "late", +2),
        ("friday_afternoon.split", "finds five faults", "defects", -5),
        ("friday_afternoon.pair", "eight faults are found and fixed", "defects", -8),
        ("friday_afternoon.stamp", "You did see one fault", "defects", -1),
        ("the_first_part.comment", "Four other faults were fixed", "defects", -4),
        ("the_first_part.example", "The answer takes a day", "late", +1),
        ("the_first_part.example", "Eleven faults go", "defects", -11),
        ("the_first_part.fix_it", "You find seven faults", "defects", -7),
        ("monday_eleven.go_on", "Three more faults", "defects", -3),
        ("monday_eleven.stop_split", "Two days later", "late", +2),
        ("monday_eleven.stop_split", "Twelve faults are found", "defects", -12),
        ("monday_eleven.colleague", "Six faults by the evening", "defects", -6),
        ("one_cent.patch", "in a day, with four others", "late", +1),
        ("one_cent.patch", "with four others", "defects", -5),
        ("one_cent.hold_back", "Two days of reading", "late", +2),
        ("one_cent.hold_back", "find 16 faults", "defects", -16),
        ("wednesday.read_fast", "Four faults in 40 minutes", "defects", -4),
        ("wednesday.core_first", "waits three more days", "late", +3),
        ("wednesday.core_first", "finds seven faults", "defects", -7),
        ("wednesday.hold_back", "Nine faults fewer", "defects", -9),
        ("wednesday.hold_back", "For five days", "late", +5),
        ("next_time.gate_400", "falls by 200 lines", "size", -200),
        ("next_time.design_first", "a day in this project", "late", +1),
        ("next_time.design_first", "falls by 170 lines", "size", -170),
        ("next_time.always_pair", "Two more people", "readers", +2),
        ("next_time.always_pair", "30 lines larger", "size", +30),
    ],
    "red_green_red": [
        ("seven_of_twenty.retry", "fall by 22 points", "false_red", -22),
        ("seven_of_twenty.retry", "eight minutes longer", "wait", +8),
        ("seven_of_twenty.rewrite", "After 30 days of work", "days", +30),
        ("seven_of_twenty.quarantine", "Five days of sorting", "days", +5),
        ("seven_of_twenty.quarantine", "rises by two points", "escaped", +2),
        ("the_record.leave", "six minutes longer", "wait", +6),
        ("the_record.act_on_list", "Five days of work", "days", +5),
        ("a_quarter_done.quarantine_now", "It takes five days", "days", +5),
        ("a_quarter_done.go_on", "60 more days later", "days", +60),
        ("a_quarter_done.retry_now", "eight minutes longer", "wait", +8),
        ("twenty_six.rewrite", "13 days that are missing elsewhere", "days", +13),
        ("twenty_six.repair_all", "ten days", "days", +10),
        ("a_real_one.fix_and_test", "Fixed in three days", "days", +3),
        ("a_real_one.diagnose", "It costs seven days", "days", +7),
        ("twelve_a_month.runners", "24 minutes saved", "wait", -24),
        ("twelve_a_month.runners", "rise by four points", "false_red", +4),
        ("twelve_a_month.nightly", "30 minutes sooner", "wait", -30),
        ("twelve_a_month.limit", "20 days of moving tests", "days", +20),
    ],
    "one_advisory_forty_services": [
        ("tuesday_nine.patch_all", "33 services are upgraded", "exposed", -33),
        ("tuesday_nine.patch_all", "Two of them break", "broken", +2),
        ("tuesday_nine.know_first", "31 services never call", "exposed", -31),
        ("tuesday_nine.know_first", "Nine do", "exposed", "= 9"),
        ("tuesday_nine.wait_scan", "clears 24 services", "exposed", -24),
        ("friday.finish_now", "One upgrade goes wrong", "broken", +1),
        ("friday.finish_now", "Done by Sunday night", "exposed", "= 0"),
        ("friday.owners_dates", "except for two", "exposed", "= 2"),
        ("next_advisory.inventory", "50 hours of work", "hours", +50),
        ("next_advisory.rule_24h", "Two upgrades break something", "broken", +2),
        ("next_advisory.fewer_parts", "40 hours later", "hours", +40),
    ],
    "what_urgent_meant": [
        ("ten_minutes.prototype", "Two days later", "lead", +2),
        ("ten_minutes.example_map", "It takes three days", "lead", +3),
        ("ten_minutes.decision", "It takes two days", "lead", +2),
        ("ten_minutes.start_small", "about three days' worth", "rework", +3),
        ("everyone_nods.five_real", "A day of work is thrown away", "rework", +1),
        ("everyone_nods.carry_on", "five days of rework", "rework", +5),
        ("signed.as_signed", "six days of it are built again", "rework", +6),
        ("signed.examples_too", "It costs a day", "lead", +1),
        ("signed.examples_too", "another for the work already begun", "rework", +1),
        ("signed.exact_words", "Four days later", "lead", +4),
        ("two_lists.medical_first", "two days sooner", "lead", -2),
        ("two_lists.decision", "It takes two days", "lead", +2),
        ("as_a_test.careful_text", "within a day", "lead", +1),
        ("as_a_test.runs_itself", "Three more days", "lead", +3),
        ("as_a_test.tester_knows", "a day of rework", "rework", +1),
        ("the_hospital.add_and_ask", "Three days for the phone", "rework", +3),
    ],
}

# What a prompt or an ending says of the cards, whichever path leads to it.
STANDS = {
    "canary_that_sang_too_late": [
        ("no_failure_yet", "After 200 canary sessions", "exposed_users = 200"),
        ("no_failure_yet", "not one payment has failed", "affected_users = 0"),
        ("end_song", "Few customers were hurt", "affected_users <= 100"),
        ("end_late", "Too many customers met the fault, or too little was learned", "affected_users > 100 or learning < 31"),
        ("end_damage", "Hundreds of customers were hurt", "affected_users > 500"),
        ("end_silence", "keep what they notice to themselves", "learning <= 20"),
    ],
    "one_hundred_percent": [
        ("the_goal", "Your escaped defect rate is 17 percent", "escaped_rate = 17"),
        ("slow_suite", "The suite gets slower", "test_minutes > 9"),
        ("slow_empty", "more than twice as long", "test_minutes > 18"),
        ("end_verified", "About nine of ten", "escaped_rate <= 10"),
        ("end_verified", "that people wait for", "test_minutes <= 24"),
        ("end_executed", "Many tests are good", "mutation_score >= 60"),
        ("end_theatre", "Customers see no difference", "escaped_rate >= 10"),
        ("end_blame", "Two good people are careful now", "morale <= 55"),
    ],
    "pull_the_cord": [
        ("many_stops", "still five stops a week", "line_stops = 5"),
        ("few_stops", "stopped about once a week", "line_stops = 1"),
        ("end_cord", "Stops are early", "fear <= 35"),
        ("end_frayed", "Otherwise it waits for them", "fear > 35 or escaped_rate >= 10"),
        ("end_silent", "nobody stops the rollout", "fear > 58 or escaped_rate >= 15"),
    ],
    "the_inspectors": [
        ("field_event", "First field event", "failure_cost = 0"),
        ("grave_event", "First field event", "failure_cost = 0"),
        ("end_independent", "Nobody signs off their own work", "latent_risk <= 13"),
        ("end_narrow", "At least one barrier is weaker", "latent_risk > 13"),
        ("end_cover", "nobody believed the rest", "trust <= 70"),
        ("end_grounded", "The savings of years are gone", "failure_cost >= 3000"),
    ],
    "the_qa_sprint": [
        ("release_slips", "More than one defect in five", "escaped_rate > 20"),
        ("end_flow", "Fewer than one defect in ten", "escaped_rate < 10"),
        ("end_halfway", "still shows", "escaped_rate >= 10"),
        ("end_leaky", "Customers still find", "escaped_rate >= 17"),
        ("end_phase", "customers find as much as before", "escaped_rate >= 22"),
        ("end_blame", "the defects keep coming", "escaped_rate > 20"),
    ],
    "two_units_one_number": [
        ("end_orbit", "within a few kilometres", "integration_risk <= 16"),
        ("end_close_call", "A late course correction", "integration_risk <= 44"),
        ("end_lost", "passes far too low", "integration_risk > 44"),
    ],
    "zero_bug_policy": [
        ("smash_week4", "256 bugs left", "bug_backlog = 256"),
        ("end_sustained", "Under a tenth of them", "escaped_rate < 10"),
        ("end_fragile", "still shows in the rate, the pile or the trust", "escaped_rate >= 10 or bug_backlog > 120"),
        ("end_relapse", "", "bug_backlog > 90"),
        ("end_burnout", "Zero bugs on the board", "bug_backlog = 0"),
        ("end_goodhart", "the product is no better", "escaped_rate >= 10"),
    ],
    "the_pager_at_three": [
        ("forty_pages", "the pager rang 40 times", "pages = 40"),
        ("forty_pages", "four real alarms were missed", "missed = 4"),
        ("still_forty", "still rings 40 times a week", "pages = 40"),
        ("both_worlds", "The old alerts still page", "pages > 40"),
        ("what_pages", "The pager is quiet enough to think", "pages <= 14"),
        ("end_rested", "The pager rings rarely", "pages <= 10"),
        ("end_rested", "has slept", "sleep >= 4"),
        ("end_uneven", "rings less often than it did", "pages < 40"),
        ("end_uneven", "not yet quiet and safe at once", "pages > 10 or missed > 2 or sleep < 4"),
        ("end_noise", "several times a day", "pages >= 21"),
        ("end_slept_through", "Six or more real alarms", "missed >= 6"),
    ],
    "the_budget_is_spent": [
        ("nine_days", "the count stands at 42,000", "failed = 42"),
        ("end_trusted", "Few causes are left", "causes <= 3"),
        ("end_trusted", "errors are rare", "failed <= 60"),
        ("end_burnt", "80,000 or more failed requests", "failed >= 80"),
        ("end_half", "has not fallen apart", "failed < 80"),
        ("end_half", "some of its causes or some of the doubt", "failed > 60 or policy < 55 or causes > 3"),
        ("end_half", "more than three weeks late", "delay > 21"),
        ("end_half", "Errors are rare", "failed <= 60"),
        ("end_paper", "Nobody cites it any more", "policy < 20"),
    ],
    "two_thousand_lines_on_friday": [
        ("friday_afternoon", "so expect 30", "defects = 30"),
        ("wednesday", "Wednesday, the day before the law applies", "late <= 3"),
        ("end_small", "Few faults are left", "defects <= 9"),
        ("end_small", "at least four people know", "readers >= 4"),
        ("end_small", "arrives in pieces", "size < 420"),
        ("end_lucky", "The worst is out of the code", "defects < 18"),
        ("end_lucky", "Few faults are left", "defects <= 9"),
        ("end_lucky", "only two or three people know", "readers = 2 or readers = 3"),
        ("end_lucky", "Ines now thinks twice", "goodwill < 43"),
        ("end_lucky", "more than seven extra working days", "late > 7"),
        ("end_alone", "asks somebody else", "goodwill < 30"),
        ("end_wrong_invoices", "an auditor finds what the review did not", "defects >= 18"),
    ],
    "red_green_red": [
        ("seven_of_twenty", "7 were red", "false_red = 35"),
        ("the_record", "The runs are green", "false_red <= 15"),
        ("a_quarter_done", "more than one of four runs", "false_red > 25"),
        ("twenty_six", "You look at the 26", "false_red <= 11"),
        ("end_believed", "A red run is rare", "false_red <= 8"),
        ("end_believed", "Fewer than one defect in ten", "escaped < 10"),
        ("end_quieter", "more believable than it was", "false_red < 35"),
        ("end_quieter", "Either its false alarms or its holes", "false_red > 8 or escaped >= 10"),
        ("end_button", "About one run in five or more", "false_red >= 18"),
        ("end_holes", "18 percent or more of all defects", "escaped >= 18"),
    ],
    "one_advisory_forty_services": [
        ("tuesday_nine", "Forty of your services", "exposed = 40"),
        ("portal_and_payments", "still on the old version", "exposed >= 2"),
        ("friday", "Some internal services still include the old version, and two of them", "exposed >= 3"),
        ("end_known", "Almost every service is safe", "exposed <= 3"),
        ("end_known", "hardly anything broke", "broken <= 1"),
        ("end_open", "Either some services are still open or the patches", "exposed > 3 or broken > 1"),
        ("end_open", "lost some of their trust", "trust < 61"),
        ("end_open", "The team paid for it", "energy < 38"),
        ("end_open", "Almost every service is safe", "exposed <= 3"),
        ("end_open", "hardly anything broke", "broken <= 1"),
        ("end_worn", "nothing left to give", "energy < 25"),
        ("end_silent", "how they came to hear of it", "trust < 55"),
    ],
    "what_urgent_meant": [
        ("ten_minutes", "estimates eight days", "lead = 8"),
        ("end_same_word", "More than nine of ten orders", "meant > 90"),
        ("end_mostly", "Most orders", "meant >= 75"),
        ("end_twice", "Nine days or more of it", "rework >= 9"),
        ("end_two_words", "At least one order in four", "meant <= 75"),
    ],
}

# Reveals with numbers of the story that are on no card: other people, other days, other orders.
NOT_ON_A_CARD = {
    "canary_that_sang_too_late": """rollout_plan.night no_failure_yet.half no_failure_yet.week night_call.trust_average
        night_call.segments night_call.roll_back_now night_call.restart flat_average.restart flat_average.compare
        double_charge.hotfix double_charge.roll_back review.quick_review""",
    "one_hundred_percent": """the_jump.sample the_jump.celebrate the_jump.ask_method copied.two_asserts copied.sample_now
        slow_suite.lower full_file.add_case full_file.add_only full_file.author""",
    "pull_the_cord": """odd_signal.stop odd_signal.look odd_signal.ask_lead few_stops.leave board_kpi.no_target
        board_kpi.better_numbers""",
    "the_inspectors": """fewer_reviewers.across fewer_reviewers.accept fewer_reviewers.partial one_sensor.document
        report.survey field_event.operator field_event.switch_off
        field_event.ground field_event.monitor grave_event.inform""",
    "the_qa_sprint": """release_slips.more_testers release_slips.shift_left after_phase.move_now after_phase.longer
        after_phase.smaller after_phase.sign_off slow_ci.machines slow_ci.split slow_ci.skip found_rise.read_escapes
        found_rise.log_less leaks_rise.close_door leaks_rise.read_escapes leaks_rise.approve config_failure.smoke_rollback
        config_failure.same_source config_failure.config_board""",
    "two_units_one_number": """residuals.anomaly residuals.recompute tuned.automate uneasy.ask_proof uneasy.vote
        uneasy.correct_now rehearsal.skip rehearsal.workshop""",
    "zero_bug_policy": """first_bug.decline first_bug.scan
        capacity.one_engineer""",
    "the_pager_at_three": "the_rota.night_desk the_rota.volunteers silent_sunday.accept",
    "the_budget_is_spent": "one_exception.queue",
    "two_thousand_lines_on_friday": "one_cent.tolerate",
    "red_green_red": "twenty_six.delete_all a_real_one.all_back the_record.when_time",
    "one_advisory_forty_services": """portal_and_payments.upgrade_tonight portal_and_payments.flag_off
        two_requests.say_nothing two_requests.know_first two_requests.tell_now""",
    "what_urgent_meant": "everyone_nods.ask_in_writing two_lists.both_urgent",
}
WORDS = "two twice three four five six seven eight nine ten eleven twelve thirteen fourteen nineteen twenty half third"
NUMBER = re.compile(rf"\d|\b({WORDS.replace(' ', '|')})\b", re.IGNORECASE)
COMPARES = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@cache
def played(slug):
    """Every step and every stop of all paths: {(node, choice): [(before, after)]}, {node: [(text shown, values)]}."""
    scenario, _ = engine.validate(scenario_texts()[slug])
    steps, stops = {}, {}
    for run in engine.enumerate_paths(scenario):
        for step in run.steps:
            steps.setdefault(f"{step.node}.{step.choice}", []).append((step.state_before.values, step.state_after.values))
        for taken, state in enumerate(run.states):
            node = as_told(scenario.nodes[state.node], Run(state, run.steps[:taken]))
            stops.setdefault(state.node, []).append((flat(node.prompt or node.text), state.values))
    return scenario, steps, stops


def is_so(claim, values):
    """`pages <= 10 or missed > 2`, with the values of one state."""
    parts = (part.split() for part in claim.split(" or "))
    return any(COMPARES[compare](values[metric], int(value)) for metric, compare, value in parts)


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("slug", CHANGES)
def test_a_reveal_says_what_the_cards_show(slug):
    scenario, steps, _ = played(slug)
    wrong = []
    for place, words, metric, change in CHANGES[slug]:
        node, choice = place.split(".")
        assert words in flat(scenario.nodes[node].choices[choice].reveal), (place, words)
        for before, after in steps[place]:
            told = after[metric] == int(change[2:]) if isinstance(change, str) else after[metric] - before[metric] == change
            if not told:
                wrong.append((place, words, metric, before[metric], after[metric]))
    assert wrong == []


@pytest.mark.parametrize("slug", STANDS)
def test_a_prompt_and_an_ending_fit_the_cards_on_every_path(slug):
    _, _, stops = played(slug)
    wrong = []
    for node, words, claim in STANDS[slug]:
        shown = [at for text, at in stops[node] if words in text]
        assert shown, (node, words)
        wrong += [(node, words, at) for at in shown if not is_so(claim, at)]
    assert wrong == []


@pytest.mark.parametrize("slug", CHANGES)
def test_no_reveal_with_a_number_is_left_out(slug):
    scenario, *_ = played(slug)
    told = {
        f"{node.id}.{choice.id}"
        for node in scenario.nodes.values()
        for choice in node.choices.values()
        if NUMBER.search(choice.reveal)
    }
    known = {place for place, *_ in CHANGES[slug]} | set(NOT_ON_A_CARD[slug].split())
    assert told <= known
    endings = {node.id for node in scenario.nodes.values() if node.kind == "ending"}
    assert endings <= {node for node, *_ in STANDS[slug]}


def test_customers_who_were_told_nothing_did_not_hear_of_it_from_you():
    scenario, _ = engine.validate(scenario_texts()["one_advisory_forty_services"])
    silent = [run for run in engine.enumerate_paths(scenario) if "say_nothing" in run.choices]
    assert {run.state.node for run in silent} == {"end_silent"}
