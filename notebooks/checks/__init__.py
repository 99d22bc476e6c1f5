"""Checks for the exercises: each says what is still missing, and passes when nothing is; and hints.

A check never raises and never waits for long, whatever it is given. A module holds the checks
of a lesson; `judging` holds what they share, `hinting` gives the hints.
"""

from checks.appendix_h import check_gather, check_token
from checks.hinting import hint
from checks.lesson_00 import check_memory, check_rest, check_shout
from checks.lesson_01 import check_countdown, check_polite, check_words
from checks.lesson_02 import check_answers, check_events, check_lines, check_poison
from checks.lesson_03 import check_listeners, check_moving, check_profile
from checks.lesson_04 import check_again, check_guessing, check_two_users
from checks.lesson_05 import check_drop, check_once, check_over, check_resume, check_survive
from checks.lesson_06 import check_counter, check_lost, check_newest, check_readers
from checks.lesson_07 import check_awake, check_queue, check_secret
from checks.lesson_08 import check_careful, check_dialect, check_own_relay
from checks.lesson_09 import check_names, check_one_origin, check_two_at_a_time
from checks.lesson_10 import check_all, check_fence, check_paper
from checks.lesson_11 import check_clean, check_shared, check_store

__all__ = [
    "check_again",
    "check_all",
    "check_answers",
    "check_awake",
    "check_careful",
    "check_clean",
    "check_countdown",
    "check_counter",
    "check_dialect",
    "check_drop",
    "check_events",
    "check_fence",
    "check_gather",
    "check_guessing",
    "check_lines",
    "check_listeners",
    "check_lost",
    "check_memory",
    "check_moving",
    "check_names",
    "check_newest",
    "check_once",
    "check_one_origin",
    "check_over",
    "check_own_relay",
    "check_paper",
    "check_poison",
    "check_polite",
    "check_profile",
    "check_queue",
    "check_readers",
    "check_rest",
    "check_resume",
    "check_secret",
    "check_shared",
    "check_shout",
    "check_store",
    "check_survive",
    "check_token",
    "check_two_at_a_time",
    "check_two_users",
    "check_words",
    "hint",
]
