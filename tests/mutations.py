"""The mutations of `mutate.py`: what stands in a file once, what stands there instead, its test.

A mutation that no test can tell from the original does not belong here. One whose test would not
end, or after a minute at the earliest, is marked: it counts as caught when the time limit is over,
and is in no sample.
"""

from pathlib import Path
from typing import Any, NamedTuple


class Mutation(NamedTuple):
    file: str
    name: str
    old: str
    new: str
    test: str  # a node id of pytest
    waits: bool = False  # the test does not end

    @property
    def is_quick(self) -> bool:
        return self.test.startswith(("tests/unit/", "tests/node/")) and not self.waits

    def applied(self, source: str) -> str:
        return source.replace(self.old, self.new)

    def lost(self, checkout: Path) -> str:
        """Why the mutation cannot be made; empty if it can."""
        path = checkout / self.file
        count = path.read_text("utf-8").count(self.old) if path.is_file() else 0
        if count == 1 and self.old != self.new:
            return ""
        return f"{self.name}: {self.old!r} stands {count} times in {self.file}, not once"


def of(file: str, *rows: tuple[Any, ...]) -> list[Mutation]:
    return [Mutation(file, *row) for row in rows]


LOG = "tests/unit/test_turns_contract.py::TestInMemory::test_"
TURNS = "tests/unit/test_turns.py::test_"
WRITING = "tests/unit/test_writing.py::test_"
BODY = "tests/unit/test_body_limit.py::test_"
HOSTS = "tests/unit/test_host_check.py::test_"
STREAMS = "tests/unit/test_open_streams.py::test_"
MESSAGES = "tests/unit/test_messages.py::test_"
OWN_LINES = "tests/unit/test_own_lines.py::test_"
KINDS = "tests/unit/test_fault_kinds.py::test_"
REQUESTS = "tests/unit/test_live_requests.py::test_"
APP = "tests/wire/test_app.py::test_"
EVENT_STREAM = "tests/unit/test_event_stream.py::test_"
IMPORT_MAP = "tests/unit/test_import_map.py::test_"
PAGE = "tests/wire/test_page_files.py::test_"
SERVICE = "tests/unit/test_service.py::test_"
ANSWERS = "tests/wire/test_answers.py::test_"
LIMITS = "tests/wire/test_limits.py::test_"
SECURITY = "tests/wire/test_security.py::test_"
SERVING = "tests/wire/test_serving.py::test_"
STALLED = "tests/wire/test_stalled.py::test_"
UNTAKEN = "tests/wire/test_untaken.py::test_"
UPSTREAM = "tests/wire/test_upstream.py::test_"
UPSTREAM_FAULT = "tests/wire/test_upstream_faults.py::test_a_fault_is_told["
DIALECTS = "tests/wire/test_dialects.py::test_"
DIALECT_FRAMES = "tests/wire/test_dialects_frames.py::test_"
DIALECT_REFUSALS = "tests/wire/test_dialects_refusals.py::test_"
HEADS = "tests/wire/test_heads.py::test_"
HANDING_ON = "tests/wire/test_handing_on.py::test_"
FAULT = "tests/wire/test_faults.py::test_fault_in_the_stream["
FAULTS = "tests/wire/test_faults.py::test_"
LOOKING = "tests/wire/test_looking.py::test_"
VALKEY = "tests/unit/test_valkey.py::test_"
ON_VALKEY = "tests/unit/test_valkey_contract.py::TestValkey::test_"
FOREGROUND = "tests/unit/test_foreground.py::test_"
AI_SDK = "tests/wire/test_ai_sdk.py::test_"
REACT_PAGE = "tests/wire/test_react_page.py::test_"
SHOW_TEXT = "tests/notebook/test_show_text.py::test_"
PROTOCOL_JS = "tests/node/test_protocol_js.py::test_"
SSE_JS = "tests/node/test_sse_js.py::test_"
PROOF_JS = "tests/node/test_proof_js.py::test_"
TREE_JS = "tests/node/test_tree_js.py::test_"
READER_JS = "tests/node/test_turn_reader_js.py::test_"
STORE_JS = "tests/node/test_store_js.py::test_"
FETCH_JS = "tests/node/test_fetch_stream_js.py::test_"
SERVER_JS = "tests/node/test_server_js.py::test_"
TABS_JS = "tests/node/test_tabs_js.py::test_"
RECORD_JS = "tests/node/test_record_js.py::test_"

MUTATIONS = [
    *of(
        "chatkit/turns/turn.py",
        (
            "events-repeats",
            "yield self.log[after]",
            "yield self.log[after - 1]",
            LOG + "events_are_what_follow_encodes",
        ),
        (
            "follow-repeats",
            "missed = self.frames[after : after + EVENTS_AT_ONCE]",
            "missed = self.frames[max(0, after - 1) : after + EVENTS_AT_ONCE]",
            LOG + "every_cursor_gets_exactly_what_comes_after_it",
        ),
        (
            "follow-joins-without-end",
            "            if size >= BYTES_AT_ONCE:\n",
            "            if False:\n",
            TURNS + "reader_that_is_behind_gets_all_it_missed_in_few_pieces",
        ),
        (
            "events-one-too-many",
            "            if after < self.last:\n                yield self.log[after]",
            "            if after <= self.last:\n                yield self.log[after]",
            LOG + "events_are_what_follow_encodes",
        ),
        (
            "follow-one-too-few",
            "            if after < len(self.frames):\n",
            "            if after < len(self.frames) - 1:\n",
            LOG + "every_cursor_gets_exactly_what_comes_after_it",
        ),
        (
            "nothing-after-the-end",
            "            if after < len(self.frames):\n",
            "            if after < len(self.frames) and not self.summary:\n",
            LOG + "log_is_numbered_from_one_and_ends_with_one_end",
        ),
        (
            "reset-at-the-end",
            "if 0 <= after <= self.last:",
            "if 0 <= after < self.last:",
            LOG + "every_cursor_gets_exactly_what_comes_after_it",
        ),
        (
            "no-reset-below-zero",
            "if 0 <= after <= self.last:",
            "if after <= self.last:",
            LOG + "cursor_of_no_event_is_answered_with_reset_then_all",
        ),
        (
            "reset-without-the-log",
            "            yield reset.encode()\n            after = 0\n",
            "            yield reset.encode()\n            after = self.last\n",
            LOG + "cursor_of_no_event_is_answered_with_reset_then_all",
        ),
        (
            "status-stays",
            "self.status = status\n        self.summary.update(summary)",
            "self.summary.update(summary)",
            LOG + "a_turn_finishes_once",
        ),
        (
            "summary-is-lost",
            "self.summary.update(summary)",
            "pass",
            APP + "state_of_a_turn",
        ),
        (
            "cancelled-is-a-failure",
            'if status == "failed":\n            name',
            'if status != "done":\n            name',
            LOG + "cancel_from_another_task_ends_the_turn_and_is_harmless_again",
        ),
        (
            "failure-without-a-reason",
            'name, summary = "failure", {"message": sayable(message)} | summary',
            'name = "failure"',
            LOG + "events_are_what_follow_encodes",
        ),
        (
            "end-counts-itself",
            '"events": self.last,',
            '"events": self.last + 1,',
            LOG + "log_is_numbered_from_one_and_ends_with_one_end",
        ),
        (
            "chars-are-bytes",
            '"chars": len(reply),',
            '"chars": len(reply.encode()),',
            LOG + "log_is_numbered_from_one_and_ends_with_one_end",
        ),
        (
            "digest-of-what-is-escaped",
            "hashlib.sha256(reply.encode())",
            "hashlib.sha256(json.dumps(reply).encode())",
            LOG + "log_is_numbered_from_one_and_ends_with_one_end",
        ),
        (
            "a-copy-for-each-who-asks",
            'self._texts = {"message": self.reply, "reasoning": self.reasoning}\n',
            "self._texts = {}\n",
            TURNS + "all_who_ask_for_a_finished_reply_share_one_copy",
        ),
        (
            "never-old",
            "self.finished_at = time.monotonic()",
            "self.finished_at = None",
            LOG + "old_turns_are_forgotten",
        ),
        (
            "append-after-the-end",
            "self._raise_if_finished()\n        if not text.isascii():",
            "if not text.isascii():",
            LOG + "a_turn_finishes_once",
        ),
        (
            "finished-twice",
            "self._raise_if_finished()\n        self._texts = ",
            "self._texts = ",
            LOG + "of_many_who_finish_a_turn_at_once_one_does",
        ),
        (
            "one-event-too-many",
            "if event.number > self.limits.events:",
            "if event.number - 1 > self.limits.events:",
            LOG + "limit_of_events",
        ),
        (
            "bytes-seen-too-late",
            "if self.size + len(frame) > self.limits.bytes:",
            "if self.size > self.limits.bytes:",
            LOG + "limit_of_bytes",
        ),
        (
            "bytes-one-too-few",
            "if self.size + len(frame) > self.limits.bytes:",
            "if self.size + len(frame) >= self.limits.bytes:",
            TURNS + "reply_may_be_exactly_as_large_as_the_limit",
        ),
        (
            "size-forgets-the-events",
            "self.size += len(frame)",
            "pass",
            LOG + "limit_of_bytes_kept",
        ),
        (
            "message-counted-in-characters",
            'self.size = len(to_json(message).encode(errors="replace"))',
            "self.size = len(message)",
            LOG + "message_counts_as_it_is_sent",
        ),
        (
            "half-a-character-is-kept",
            "text = whole(text)",
            "pass",
            LOG + "half_a_surrogate_pair_becomes_the_replacement_character",
        ),
        (
            "a-line-end-for-some-readers",
            r'"[\x85\u2028\u2029]"',
            r'"[\u2028\u2029]"',
            LOG + "frames_have_no_line_ends_that_only_some_readers_take_for_one",
        ),
        (
            "path-backwards",
            "return path[::-1]",
            "return path",
            TURNS + "path_leads_from_the_first_turn_that_is_kept",
        ),
        (
            "path-without-its-end",
            "return path[::-1]",
            "return path[:0:-1]",
            TURNS + "path_leads_from_the_first_turn_that_is_kept",
        ),
        (
            "nobody-is-woken",
            "reader.set_result(None)",
            "pass",
            LOG + "readers_of_different_speeds_who_come_at_any_time_read_the_same",
            True,
        ),
        (
            "only-the-first-is-woken",
            "                reader.set_result(None)\n",
            "                reader.set_result(None)\n                break\n",
            LOG + "readers_of_different_speeds_who_come_at_any_time_read_the_same",
            True,
        ),
        (
            "waits-for-more-after-the-end",
            'for all who read it\n            elif self.status == "streaming":',
            "for all who read it\n            elif self.status:",
            LOG + "log_is_numbered_from_one_and_ends_with_one_end",
            True,
        ),
        (
            "ends-while-it-streams",
            'for all who read it\n            elif self.status == "streaming":',
            "for all who read it\n            elif not self.log:",
            LOG + "readers_of_different_speeds_who_come_at_any_time_read_the_same",
        ),
    ),
    *of(
        "chatkit/turns/memory.py",
        (
            "one-live-turn-too-many",
            "if live >= limits.live:",
            "if live > limits.live:",
            LOG + "limit_of_live_turns",
        ),
        (
            "finished-turns-are-live",
            'return sum(turn.status == "streaming" for turn in self._turns.values())',
            "return len(self._turns)",
            LOG + "limit_of_live_turns",
        ),
        (
            "one-live-turn-of-a-chat-too-many",
            "if live >= limits.chat_live:",
            "if live > limits.chat_live:",
            LOG + "limit_of_live_turns_in_a_chat",
        ),
        (
            "finished-turns-of-a-chat-are-live",
            'live = sum(turn.status == "streaming" for turn in others)',
            "live = len(others)",
            LOG + "limit_of_live_turns_in_a_chat",
        ),
        (
            "chat-full-at-once",
            "if sum(turn.size for turn in others) > limits.chat_bytes:",
            "if sum(turn.size for turn in others) >= limits.chat_bytes:",
            LOG + "first_message_of_a_chat_always_has_room",
        ),
        (
            "chat-never-full",
            "self._want_room(others)\n",
            "pass\n",
            LOG + "limit_of_a_chat",
        ),
        (
            "parent-is-the-oldest",
            "parent = others[-1].id",
            "parent = others[0].id",
            LOG + "message_follows_the_newest_turn_if_nothing_else_is_said",
        ),
        (
            "no-parent-is-the-newest",
            "if parent is ...:",
            "if not parent or parent is ...:",
            LOG + "message_follows_the_newest_turn_if_nothing_else_is_said",
        ),
        (
            "parent-in-another-chat",
            "if chat not in (None, found.chat):",
            "if chat is not None and not found.chat:",
            LOG + "parent_decides_the_chat",
        ),
        (
            "chat-is-not-the-parent-s",
            "            chat = found.chat\n",
            "",
            LOG + "parent_decides_the_chat",
        ),
        (
            "parent-that-is-forgotten",
            "        self._forget()\n        if isinstance",
            "        if isinstance",
            LOG + "parent_that_is_no_longer_kept_is_a_key_error",
        ),
        (
            "old-turn-is-found",
            "if self._too_old(turn):\n            raise",
            "if False:\n            raise",
            LOG + "old_turns_are_forgotten",
        ),
        (
            "old-turn-in-its-chat",
            "if turn.chat == chat_id and not self._too_old(turn)",
            "if turn.chat == chat_id",
            LOG + "old_turns_are_forgotten",
        ),
        (
            "turns-of-all-chats",
            "if turn.chat == chat_id and not",
            "if not",
            LOG + "chat_lists_its_turns_oldest_first",
        ),
        (
            "age-counted-from-the-end-of-time",
            "time.monotonic() - turn.finished_at >= self.limits.age",
            "time.monotonic() >= self.limits.age",
            TURNS + "turn_is_kept_for_as_long_as_it_may",
        ),
        (
            "one-kept-too-few",
            "if too_many > 0 or",
            "if too_many >= 0 or",
            LOG + "limit_of_turns_kept_forgets_the_oldest_finished_one",
        ),
        (
            "all-forgotten-for-one-too-many",
            "                too_many -= 1\n",
            "",
            LOG + "limit_of_turns_kept_forgets_the_oldest_finished_one",
        ),
        (
            "all-forgotten-for-a-byte-too-many",
            "                too_large -= turn.size\n",
            "",
            LOG + "limit_of_bytes_kept",
        ),
        (
            "bytes-kept-without-end",
            "or too_large > 0 or",
            "or",
            LOG + "limit_of_bytes_kept",
        ),
        (
            "live-turn-is-forgotten",
            'finished = [turn for turn in self._turns.values() if turn.status != "streaming"]',
            "finished = list(self._turns.values())",
            LOG + "limit_of_turns_kept_forgets_the_oldest_finished_one",
        ),
        (
            "cancelled-twice",
            'if turn.status == "streaming":\n            await turn.finish("cancelled")',
            'if turn:\n            await turn.finish("cancelled")',
            LOG + "cancel_after_the_end_changes_nothing",
        ),
        (
            "cancel-leaves-it-to-the-writer",
            '            await turn.finish("cancelled")',
            "            pass",
            LOG + "cancel_from_another_task_ends_the_turn_and_is_harmless_again",
        ),
        (
            "writer-is-not-cancelled",
            "turn.writer.cancel()",
            "pass",
            LOG + "cancel_from_another_task_ends_the_turn_and_is_harmless_again",
            True,
        ),
    ),
    *of(
        "chatkit/turns/writing.py",
        (
            "late-piece-is-an-error",
            "except TurnFinished:",
            "except ZeroDivisionError:",
            WRITING + "reply_that_ignores_its_cancellation_is_no_error",
        ),
        (
            "reason-of-a-limit-is-lost",
            "except TurnTooLarge as error:",
            "except ZeroDivisionError as error:",
            LOG + "reply_that_reaches_a_limit_fails_with_the_reason",
        ),
        (
            "exit-ends-the-writer",
            "except BaseException as error:",
            "except Exception as error:",
            LOG + "reply_that_raises_ends_in_failure_without_its_secret",
        ),
        (
            "any-cancellation-is-a-stop",
            "and task and task.cancelling()",
            "and task",
            LOG + "reply_that_raises_ends_in_failure_without_its_secret",
        ),
        (
            "stop-is-swallowed",
            "        if cancelled:\n            raise\n",
            "",
            WRITING + "stop_of_the_server_is_no_error",
        ),
        (
            "silence-is-not-named",
            "silence if waiting.expired() else None",
            "None",
            LOG + "silence_before_the_first_piece_counts",
        ),
        (
            "stop-is-not-named",
            "    if cancelled:\n        return",
            "    if not cancelled:\n        return",
            LOG + "close_ends_what_is_being_written_with_a_failure",
        ),
        (
            "failure-after-the-end",
            'if turn.status == "streaming":\n            await turn.finish("failed", message)',
            'if turn:\n            await turn.finish("failed", message)',
            WRITING + "cancelled_turn_leaves_nothing_to_report",
        ),
        (
            "failure-is-not-reported",
            'messages.error("the reply of turn %s failed: %s", turn.id, message, exc_info=not known'
            ")",
            "pass",
            LOG + "reply_that_raises_ends_in_failure_without_its_secret",
        ),
        (
            "reply-is-left-open",
            "aclosing(pieces) if isinstance(pieces, AsyncGenerator) else nullcontext()",
            "nullcontext()",
            WRITING + "reply_that_is_too_large_is_closed",
        ),
        (
            "only-generators-are-replies",
            "aclosing(pieces) if isinstance(pieces, AsyncGenerator) else nullcontext()",
            "aclosing(pieces)",
            WRITING + "reply_need_not_be_a_generator",
        ),
        (
            "no-silence-is-no-patience",
            "asyncio.timeout(silence or None)",
            "asyncio.timeout(silence)",
            WRITING + "reply_may_be_silent_where_there_is_no_limit",
        ),
        (
            "clock-of-the-whole-reply",
            "                    due = postpone(waiting, silence)\n",
            "                    pass\n",
            LOG + "reply_that_is_silent_too_long_fails_and_is_closed",
        ),
        (
            "empty-piece-is-an-event",
            "                    if text:\n",
            "                    if True:\n",
            LOG + "reply_is_poured_into_its_turn",
        ),
        (
            "reasoning-is-text",
            'return piece.text, "reasoning"',
            'return piece.text, "message"',
            LOG + "reasoning_is_in_the_log_and_no_part_of_the_reply",
        ),
        (
            "end-of-a-model-is-lost",
            "await turn.finish(finish=finish)",
            "await turn.finish()",
            LOG + "what_a_model_says_of_its_end_is_in_the_last_event",
        ),
        (
            "words-for-the-reader-are-lost",
            "        return sayable(str(error))\n",
            "        pass\n",
            LOG + "reply_that_fails_in_words_tells_them_to_its_reader",
        ),
        (
            "any-piece-is-text",
            '    raise TypeError(f"a reply yields',
            '    return str(piece), "message"\n    raise TypeError(f"a reply yields',
            LOG + "reply_that_yields_no_text_fails",
        ),
        (
            "reply-lets-nobody-run",
            "await asyncio.sleep(0)",
            "pass",
            LOG + "endless_reply_without_a_wait_lets_others_run",
        ),
        (
            "writer-is-not-known",
            "self._tasks.add(task)",
            "pass",
            LOG + "close_ends_what_is_being_written_with_a_failure",
        ),
        (
            "ended-writer-is-kept",
            "self._tasks.discard(task)",
            "pass",
            LOG + "thousands_of_turns_leave_nothing_behind",
        ),
        (
            "close-does-not-wait",
            "await asyncio.wait(tasks, timeout=grace)",
            "pass",
            LOG + "close_ends_what_is_being_written_with_a_failure",
        ),
        (
            "close-waits-for-ever",
            "await asyncio.wait(tasks, timeout=grace)",
            "await asyncio.wait(tasks)",
            WRITING + "close_waits_only_so_long",
        ),
    ),
    *of(
        "chatkit/replies/reply.py",
        (
            "message-without-a-reply",
            "        if reply := turn.reply:\n",
            "        if (reply := turn.reply) or True:\n",
            APP + "user_and_assistant_alternate_whatever_became_of_a_turn",
        ),
        (
            "first-of-two-messages-is-lost",
            '"\\n\\n".join(filter(None, (one["content"] for one in run)))',
            'list(run)[-1]["content"]',
            DIALECTS + "user_and_assistant_alternate_whatever_is_sent",
        ),
        (
            "assistant-says-nothing",
            'if message["content"] or message["role"] != "assistant"]',
            "]",
            DIALECTS + "user_and_assistant_alternate_whatever_is_sent",
        ),
        (
            "assistant-is-not-quoted",
            'messages.append({"role": "assistant", "content": reply})',
            "pass",
            APP + "chat_is_remembered_and_given_to_the_reply",
        ),
        (
            "error-of-a-plain-function",
            "        return failed(error)",
            "        raise",
            APP + "plain_function_that_is_no_reply_after_all_is_a_failure[raises]",
        ),
    ),
    *of(
        "chatkit/replies/upstream.py",
        (
            "half-a-character-is-lost",
            "whole_characters(half + text)",
            "whole_characters(text)",
            UPSTREAM_FAULT + "a character in two halves]",
        ),
        (
            "errors-are-named-error",
            'error = error or chunk.get("message") or chunk.get("detail")',
            "pass",
            UPSTREAM_FAULT + "an error without `error`]",
        ),
        ("mark-is-text", '"utf-8-sig"', '"utf-8"', UPSTREAM_FAULT + "a byte order mark]"),
        (
            "the-end-of-a-stream-is-the-end",
            '        raise Fault("ended its answer before the reply was complete.")',
            "        pass",
            UPSTREAM_FAULT + "neither]",
        ),
    ),
    *of(
        "chatkit/replies/endpoint.py",
        (
            "proxies-are-not-looked-at",
            "except (ValueError, ImportError, httpx.InvalidURL):",
            "except KeyError:",
            UPSTREAM + "an_environment_that_cannot_be_is_said_without_repeating_it",
        ),
        (
            "a-key-is-quoted",
            "text = text.replace(secret, ",
            "text = text.replace(secret + secret, ",
            UPSTREAM + "a_key_is_shown_nowhere",
        ),
    ),
    *of(
        "chatkit/turns/valkey.py",
        (
            "log-is-read-from-its-start",
            'log:{id}": mirror.last',
            'log:{id}": 0',
            VALKEY + "what_has_been_read_is_not_read_again",
        ),
        (
            "inbox-is-read-again",
            "seen = self._take_inbox(entries)",
            "self._take_inbox(entries)",
            VALKEY + "what_has_been_read_is_not_read_again",
        ),
        (
            "lease-is-not-renewed",
            "[len(written), *written, *followed]",
            "[0, *followed]",
            VALKEY + "lease_of_a_silent_writer_is_renewed",
        ),
        (
            "lost-log-is-waited-for",
            "[len(written), *written, *followed]",
            "[len(written), *written]",
            VALKEY + "reader_is_told_when_valkey_has_lost_the_log",
            True,
        ),
        (
            "writer-goes-on",
            "                turn.writer.cancel()\n",
            "                pass\n",
            VALKEY + "cancel_elsewhere_stops_a_writer_that_waits",
            True,
        ),
        (
            "cursor-ahead-of-the-mirror",
            "        mirror.known = max(mirror.known, turn.last)\n",
            "",
            VALKEY + "any_cursor_is_followed_in_another_process",
        ),
        (
            "no-parent-is-a-name",
            "answer[1], answer[2] or None",
            "answer[1], answer[2]",
            ON_VALKEY + "message_follows_the_newest_turn_if_nothing_else_is_said",
        ),
        (
            "age-in-seconds",
            "int(self.limits.age * 1000)",
            "int(self.limits.age)",
            VALKEY + "all_that_a_turn_leaves_goes_with_its_time",
        ),
    ),
    *of(
        "chatkit/turns/valkey_turn.py",
        (
            "event-fed-twice",
            "if number != self.last + 1:",
            "if number > self.last + 1:",
            VALKEY + "mirror_takes_each_event_once_and_in_order",
        ),
        (
            "event-taken-twice",
            "            if event.number == self.last + 1:\n",
            "            if True:\n",
            VALKEY + "mirror_takes_each_event_once_and_in_order",
        ),
        (
            "end-before-the-rest",
            "if turn.last == self.last + 1:",
            "if turn.last > self.last:",
            VALKEY + "mirror_takes_each_event_once_and_in_order",
        ),
        (
            "writer-does-not-hear-of-its-end",
            'if status != "streaming":\n            self.ended(status)',
            "if False:\n            self.ended(status)",
            VALKEY + "piece_that_is_not_in_the_log_is_read_nowhere",
        ),
        (
            "reader-waits-for-an-end-from-elsewhere",
            "            self.mirror.read = True\n",
            "",
            VALKEY + "piece_that_is_not_in_the_log_is_read_nowhere",
            True,
        ),
        (
            "writer-waits-for-nobody",
            "        while self._waiting >= BYTES_AT_ONCE:\n            await self._answer()\n",
            "",
            VALKEY + "writer_waits_while_valkey_does",
        ),
        (
            "reasoning-in-the-proof",
            ' if event.type == "message")',
            ")",
            ON_VALKEY + "reasoning_is_in_the_log_and_no_part_of_the_reply",
        ),
    ),
    *of(
        "chatkit/turns/valkey_calls.py",
        (
            "error-is-an-answer",
            "            if isinstance(answer, ValkeyError):\n",
            "            if False:\n",
            VALKEY + "valkey_that_is_full_refuses_in_words",
        ),
        (
            "no-patience",
            "if time.monotonic() > until:",
            "if True:",
            VALKEY + "what_is_sent_while_valkey_is_away_arrives_once",
        ),
        (
            "patience-without-end",
            "if time.monotonic() > until:",
            "if False:",
            VALKEY + "reply_fails_after_the_patience_of_its_writer",
            True,
        ),
        (
            "silence-is-not-away",
            "answers = await self._send(calls)\n        except (ValkeyError, OSError) as error:",
            "answers = await self._send(calls)\n        except ValkeyError as error:",
            VALKEY + "what_is_sent_while_valkey_is_away_arrives_once",
        ),
        (
            "new-server-is-not-told-the-scripts",
            "await self._valkey.script_load(script.text)",
            "pass",
            VALKEY + "message_that_is_sent_twice_starts_one_turn",
        ),
        (
            "half-a-pair-is-an-error",
            '        encoding_errors="surrogatepass",  # a message may have half of a pair\n',
            "",
            ON_VALKEY + "message_may_have_half_of_a_surrogate_pair",
        ),
    ),
    *of(
        "chatkit/turns/valkey_scripts.py",
        (
            "said-too-late",
            "if now > tonumber(deadline) then",
            "if false then",
            VALKEY + "message_that_was_refused_is_not_said_later",
        ),
        (
            "append-after-the-end-on-valkey",
            "if status ~= 'streaming' then return status end",
            "if not status then return status end",
            VALKEY + "writer_without_its_lease_adds_nothing",
        ),
        (
            "piece-appended-twice",
            "if last >= tonumber(first) then",
            "if last > tonumber(first) then",
            VALKEY + "what_is_sent_twice_is_done_once",
        ),
        (
            "gap-in-the-log",
            "if last < first - 1 then return 'failed' end",
            "",
            VALKEY + "what_is_sent_twice_is_done_once",
        ),
        (
            "end-after-a-gap",
            "if has ~= last then return 'failed' end",
            "",
            VALKEY + "what_is_sent_twice_is_done_once",
        ),
        (
            "finished-twice-on-valkey",
            "if before ~= 'streaming' then return before end\n",
            "",
            VALKEY + "what_is_sent_twice_is_done_once",
        ),
        (
            "message-starts-two-turns",
            "if before[1] then return {'said', before[1], before[2]} end",
            "",
            VALKEY + "message_that_is_sent_twice_starts_one_turn",
        ),
        (
            "lease-for-a-finished-turn",
            "'live', 'XX', now + lease",
            "'live', now + lease",
            VALKEY + "lease_of_a_silent_writer_is_renewed",
        ),
        (
            "leases-run-out-while-valkey-is-away",
            "if now - before > lease * 500 then",
            "if false then",
            VALKEY + "no_lease_runs_out_while_valkey_is_away",
        ),
        (
            "writer-elsewhere-is-not-told",
            "  tell(id, 'cancelled', from)\n",
            "",
            VALKEY + "cancel_elsewhere_stops_a_writer_that_waits",
            True,
        ),
        (
            "finished-turn-is-live",
            "  redis.call('ZREM', p..'live', id)\n  return",
            "  return",
            ON_VALKEY + "limit_of_live_turns",
        ),
        (
            "bytes-of-the-forgotten",
            "  redis.call('DECRBY', p..'bytes', size)\n",
            "",
            ON_VALKEY + "limit_of_bytes_kept",
        ),
    ),
    *of(
        "chatkit/web/routes.py",
        (
            "parent-null-is-left-out",
            'new.parent if "parent" in new.model_fields_set else ...',
            "new.parent or ...",
            APP + "another_try_is_a_sibling_and_deletes_nothing",
        ),
        (
            "parent-left-out-is-null",
            'new.parent if "parent" in new.model_fields_set else ...',
            "new.parent",
            APP + "chat_is_remembered_and_given_to_the_reply",
        ),
        (
            "history-is-the-whole-chat",
            "path = path_to(turn, await self.turns.chat(turn.chat))",
            "path = await self.turns.chat(turn.chat)",
            APP + "another_try_is_a_sibling_and_deletes_nothing",
        ),
        (
            "said-but-not-written",
            "            pieces = failed(error)\n",
            "            raise error\n",
            SERVICE + "what_fails_after_a_message_was_said_fails_its_turn",
        ),
        (
            "turns-closed-before-their-writers",
            "        await self.writers.close()\n        await self.turns.close()",
            "        await self.turns.close()\n        await self.writers.close()",
            SERVICE + "writers_stop_before_the_engine_closes",
        ),
        (
            "writers-outlive-the-app",
            "        await self.writers.close()\n",
            "",
            SERVICE + "writers_stop_before_the_engine_closes",
        ),
        (
            "stream-is-not-counted",
            "    with service.streams.count(client):\n        yield",
            "    yield",
            LIMITS + "streams_in_all",
        ),
        (
            "all-clients-are-one",
            'client = request.client.host if request.client else "an unknown address"',
            'client = "an unknown address"',
            LIMITS + "streams_of_one_client",
        ),
        (
            "message-counted-in-code-points",
            "if len(new.message.encode()) > service.max_message:",
            "if len(new.message) > service.max_message:",
            LIMITS + "message",
        ),
        (
            "message-one-too-short",
            "if len(new.message.encode()) > service.max_message:",
            "if len(new.message.encode()) >= service.max_message:",
            APP + "message_of_the_full_size_passes_however_it_is_escaped",
        ),
        (
            "parent-unknown-is-a-conflict",
            'raise HTTPException(404, UNKNOWN.format("parent"))',
            'raise HTTPException(409, UNKNOWN.format("parent"))',
            APP + "parent_that_cannot_be_followed",
        ),
        (
            "parent-elsewhere-is-a-500",
            "except (ChatFull, OtherChat) as error:",
            "except ChatFull as error:",
            APP + "parent_that_cannot_be_followed",
        ),
        (
            "chat-full-is-a-500",
            "except (ChatFull, OtherChat) as error:",
            "except OtherChat as error:",
            LIMITS + "chat",
        ),
        (
            "busy-without-retry-after",
            'Turns as error:\n        raise HTTPException(503, str(error), {"Retry-After": "1"})',
            "Turns as error:\n        raise HTTPException(503, str(error))",
            APP + "too_many_live_turns_is_503_with_retry_after",
        ),
        (
            "busy-is-429",
            "TooManyTurns as error:\n        raise HTTPException(503",
            "TooManyTurns as error:\n        raise HTTPException(429",
            LIMITS + "live_turns",
        ),
        (
            "location-of-the-events",
            'response.headers["Location"] = f"turns/{turn.id}"',
            'response.headers["Location"] = f"turns/{turn.id}/events"',
            APP + "answer_of_post_names_the_turn_by_relative_urls",
        ),
        (
            "204-while-streaming",
            'if turn.status != "streaming" and after == turn.last:',
            "if after == turn.last:",
            ANSWERS + "reader_who_has_all_of_a_live_turn_waits_for_more",
        ),
        (
            "204-past-the-end",
            'if turn.status != "streaming" and after == turn.last:',
            'if turn.status != "streaming" and after >= turn.last:',
            APP + "cursor_of_another_turn_is_reset",
        ),
        (
            "no-204",
            'if turn.status != "streaming" and after == turn.last:',
            'if turn.status != "streaming" and after == -1:',
            APP + "reader_who_has_everything_gets_204",
        ),
        (
            "204-before-the-last-event",
            'if turn.status != "streaming" and after == turn.last:',
            'if turn.status != "streaming" and after >= turn.last - 1:',
            ANSWERS + "reader_who_lacks_only_the_last_event_gets_it",
        ),
        (
            "unknown-chat-is-empty",
            "    if not found:\n        raise",
            "    if False:\n        raise",
            APP + "unknown_is_404[chats/x]",
        ),
        (
            "turns-and-live-change-sides",
            "turns, live = await service.turns.counts()",
            "live, turns = await service.turns.counts()",
            APP + "health_counts_what_is_live",
            True,
        ),
    ),
    *of(
        "chatkit/web/answers.py",
        (
            "empty-message",
            "message: str = Field(min_length=1,",
            "message: str = Field(",
            APP + "bad_message_is_422_or_400",
        ),
        (
            "any-chat",
            "chat: str | None = Field(None, pattern=ID)",
            "chat: str | None = Field(None)",
            APP + "bad_message_is_422_or_400",
        ),
        (
            "any-parent",
            "parent: str | None = Field(None, pattern=ID)",
            "parent: str | None = Field(None)",
            APP + "parent_that_cannot_be_followed",
        ),
        (
            "id-of-no-characters",
            r'ID = r"^[A-Za-z0-9_-]{1,64}$"',
            r'ID = r"^[A-Za-z0-9_-]{0,64}$"',
            APP + "parent_that_cannot_be_followed",
        ),
        (
            "state-without-a-proof",
            'sha256=turn.summary.get("sha256"),',
            "sha256=None,",
            APP + "state_of_a_turn",
        ),
        (
            "answers-are-kept",
            'headers["Cache-Control"] = "no-store"',
            "pass",
            APP + "no_json_answer_may_be_kept",
        ),
        (
            "files-are-not-kept-either",
            'if headers.get("content-type", "").startswith("application/json"):',
            "if headers:",
            ANSWERS + "files_may_be_kept_but_are_asked_for_each_time",
        ),
        (
            "query-before-header",
            'value = given[0] or given[1] or "0"',
            'value = given[1] or given[0] or "0"',
            APP + "cursor[header before query]",
        ),
        (
            "empty-cursor-is-an-error",
            'value = given[0] or given[1] or "0"',
            'value = given[0] or ("0" if after is None else given[1])',
            APP + "empty_cursor_is_the_start",
        ),
        (
            "cursor-in-any-digits",
            'r"[0-9]{1,15}"',
            r'r"\d{1,15}"',
            APP + "malformed_cursor_is_400",
        ),
        (
            "cursor-of-any-length",
            'r"[0-9]{1,15}"',
            'r"[0-9]+"',
            APP + "malformed_cursor_is_400",
        ),
        (
            "cursor-that-only-begins-well",
            'if not re.fullmatch(r"',
            'if not re.match(r"',
            APP + "malformed_cursor_is_400",
        ),
        (
            "cursor-with-blanks",
            '.strip(" \\t")',
            "",
            APP + "blanks_around_a_cursor_do_not_count",
        ),
        (
            "input-is-sent-back",
            '("type", "loc", "msg")',
            '("type", "loc", "msg", "input")',
            APP + "bad_message_is_422_or_400",
        ),
    ),
    *of(
        "chatkit/web/app.py",
        (
            "a-name-is-a-list",
            "if isinstance(hosts, str) or isinstance(origins, str):",
            "if isinstance(hosts, str):",
            SECURITY + "one_name_is_not_taken_for_a_list",
        ),
        (
            "nothing-is-closed",
            "        await service.close()\n",
            "",
            SERVICE + "writers_stop_before_the_engine_closes",
        ),
        (
            "body-as-small-as-its-message",
            "6 * max_message + 1000",
            "max_message + 1000",
            APP + "message_of_the_full_size_passes_however_it_is_escaped",
        ),
        (
            "hosts-are-not-passed-on",
            "app.add_middleware(HostCheck, hosts=hosts)",
            "app.add_middleware(HostCheck)",
            SECURITY + "other_names_are_a_setting",
        ),
        (
            "hosts-are-not-checked",
            "    app.add_middleware(HostCheck, hosts=hosts)\n",
            "",
            SECURITY + "request_for_no_name_or_for_two_is_refused",
        ),
        (
            "any-origin",
            "allow_origins=origins,",
            'allow_origins=["*"],',
            SECURITY + "named_origins_may_use_the_chat",
        ),
        (
            "location-is-hidden",
            'expose_headers=["Location", "Retry-After"],',
            "",
            SECURITY + "named_origins_may_use_the_chat",
        ),
        (
            "no-store-below-the-host-check",
            "    app.add_middleware(HostCheck, hosts=hosts)\n    app.add_middleware(NoStore)\n",
            "    app.add_middleware(NoStore)\n    app.add_middleware(HostCheck, hosts=hosts)\n",
            APP + "no_json_answer_may_be_kept",
        ),
        (
            "fault-lab-for-everybody",
            "    if faults:\n        add_fault_lab(app)",
            "    if True:\n        add_fault_lab(app)",
            FAULTS + "off_means_that_nothing_is_there",
        ),
        (
            "streams-in-all-of-one-client",
            "streams=OpenStreams(max_streams, max_streams_per_client),",
            "streams=OpenStreams(max_streams_per_client, max_streams),",
            LIMITS + "streams_in_all",
        ),
    ),
    *of(
        "chatkit/web/dialects/dialect.py",
        (
            "client-that-leaves-stops-nothing",
            "            await service.turns.cancel(found.alone.id)",
            "            pass",
            DIALECTS + "client_that_stops_reading_stops_the_turn[OpenAIChat]",
            True,
        ),
        (
            "client-that-has-left-is-waited-for",
            "asyncio.create_task(self.left())",
            "asyncio.create_task(asyncio.sleep(3600))",
            DIALECTS + "client_that_leaves_while_it_waits_stops_the_turn[whole-AsyncOpenAIChat]",
            True,
        ),
        (
            "reply-that-fails-at-once-is-a-stream",
            "        if turn.last == 1:\n            want_success(turn)\n",
            "",
            DIALECT_REFUSALS + "reply_that_fails_before_its_first_piece[stream-OpenAIChat]",
        ),
        (
            "reply-that-failed-is-a-success",
            "        await self.wait_for(ended(turn))\n        want_success(turn)\n",
            "        await self.wait_for(ended(turn))\n",
            DIALECT_REFUSALS + "reply_that_fails_before_its_first_piece[whole-OpenAIChat]",
        ),
        (
            "thoughts-are-refused",
            "if part.type not in THOUGHTS]",
            "]",
            DIALECTS + "an_answer_of_the_sdk_goes_back_as_a_message",
        ),
        (
            "pictures-are-left-out",
            'if not part.type.endswith("text")]',
            "if not part.type]",
            DIALECT_REFUSALS + "body_that_is_wrong[anthropic/v1/messages]",
        ),
        (
            "half-a-surrogate-pair-is-text",
            "Text = Annotated[str, Field(min_length=0)]",
            "Text = str",
            DIALECT_REFUSALS + "body_that_is_wrong[openai/v1/chat/completions]",
        ),
        (
            "reply-to-an-assistant",
            'if not messages or messages[-1]["role"] != "user":',
            "if not messages:",
            DIALECT_REFUSALS + "messages_that_cannot_be_answered[assistant last-whole-OpenAIChat]",
        ),
        (
            "developer-is-nobody",
            '"system" if self.role == "developer" else self.role',
            '"user" if self.role == "developer" else self.role',
            DIALECTS + "an_answer_of_the_sdk_goes_back_as_a_message",
        ),
        (
            "last-message-of-any-size",
            "> self.service.max_message:",
            "> 1_000_000_000:",
            DIALECT_REFUSALS + "what_is_too_large[OpenAIChat]",
        ),
        (
            "thoughts-are-counted",
            'sum(event.type == "message" for event in turn.log)',
            'sum(event.type != "end" for event in turn.log)',
            DIALECTS + "reasoning_tokens_and_the_reason_of_the_end[whole-OpenAIChat]",
        ),
        (
            "last-part-is-never-complete",
            'in {*types, "end"}:',
            "in types:",
            DIALECT_FRAMES + "frames_are_those_in_the_file[anthropic]",
        ),
        (
            "failed-part-is-complete",
            'in {*types, "end"}:',
            'in {*types, "end", "failure"}:',
            DIALECT_FRAMES + "frames_are_those_in_the_file[openai_responses]",
        ),
        (
            "reader-of-lines-may-take-nothing",
            "super().__init__(frames, 0, stalled)",
            "super().__init__(frames, 0, 0)",
            DIALECT_REFUSALS + "reader_of_lines_that_takes_nothing_is_cut_off",
            True,
        ),
        (
            "streams-of-dialects-do-not-count",
            ", _: Annotated[None, Depends(count_stream)]",
            "",
            DIALECT_REFUSALS + "too_many_replies_and_too_many_streams[whole-OpenAIChat]",
        ),
    ),
    *of(
        "chatkit/web/dialects/registry.py",
        (
            "refusal-keeps-the-status-of-the-app",
            'await send({**start, "status": status})',
            "await send(start)",
            DIALECT_REFUSALS + "body_that_is_wrong[ollama/api/chat]",
        ),
        (
            "refusal-keeps-the-length-of-the-app",
            "            MutableHeaders(scope=start).update(answer.headers)\n",
            "",
            DIALECT_REFUSALS + "what_is_too_large[OpenAIChat]",
        ),
        (
            "refusals-of-everybody",
            "if root(path) == root(one.router.prefix)]",
            "]",
            DIALECT_REFUSALS + "other_refusals_stay_as_they_are",
        ),
    ),
    *of(
        "chatkit/web/dialects/openai_chat.py",
        (
            "tokens-for-those-who-have-not-asked",
            "if asked.stream_options and asked.stream_options.include_usage:",
            "if True:",
            DIALECT_FRAMES + "openai_tells_the_tokens_of_a_stream_to_those_who_ask",
        ),
        (
            "several-choices-are-one",
            "Field(None, ge=1, le=1)",
            "None",
            DIALECT_REFUSALS + "body_that_is_wrong[openai/v1/chat/completions]",
        ),
    ),
    *of(
        "chatkit/web/dialects/openai_responses.py",
        (
            "response-that-failed-raises-nothing",
            '{"param": None, "error": said["error"]}',
            '{"param": None}',
            DIALECT_REFUSALS + "reply_that_fails_in_the_middle_of_its_stream[OpenAIResponses]",
        ),
        (
            "response-at-its-limit-is-complete",
            "elif limit := LIMITS.get(stop_reason(turn)):",
            "elif limit := None:",
            DIALECTS + "reasoning_tokens_and_the_reason_of_the_end[stream-OpenAIResponses]",
        ),
    ),
    *of(
        "chatkit/web/dialects/anthropic.py",
        (
            "full-server-is-503-to-anthropic",
            "{422: 400, 503: 529}",
            "{422: 400}",
            DIALECT_REFUSALS + "too_many_replies_and_too_many_streams[whole-Anthropic]",
        ),
        (
            "thinking-for-everybody",
            'if thinks else {"message"}',
            'if True else {"message"}',
            DIALECTS + "thinking_is_for_those_who_ask_for_it",
        ),
    ),
    *of(
        "chatkit/web/dialects/ollama.py",
        (
            "lines-of-any-unicode",
            "json.dumps(data)",
            "json.dumps(data, ensure_ascii=False)",
            DIALECTS + "every_sdk_reads_the_same_text[unicode]",
        ),
        (
            "ollama-thinks-aloud",
            'if event.type == "reasoning" and asked.think is False:',
            "if False:",
            DIALECTS + "thinking_is_for_those_who_ask_for_it",
        ),
    ),
    *of(
        "chatkit/web/dialects/ai_sdk.py",
        (
            "part-stays-open",
            'if step and step.what != "close":',
            "if False:",
            AI_SDK + "failure_keeps_what_came",
        ),
        (
            "stream-without-done",
            '    yield encode("[DONE]")\n',
            "",
            AI_SDK + "stream_on_the_wire",
        ),
        (
            "oldest-is-resumed",
            "ui_stream(caller, turns[-1])",
            "ui_stream(caller, turns[0])",
            AI_SDK + "newest_of_two_is_resumed_and_both_are_stopped",
            True,
        ),
        (
            "first-reply-is-the-parent",
            "return replies[-1] if replies",
            "return replies[0] if replies",
            AI_SDK + "regenerating_starts_a_sibling",
        ),
        (
            "stopped-is-finished",
            'if turn.status == "cancelled":',
            "if False:",
            AI_SDK + "stopping_ends_the_turn",
        ),
        (
            "half-a-reply-looks-whole",
            'if turn.status == "streaming":\n        reply.append',
            "if False:\n        reply.append",
            AI_SDK + "reply_that_ends_between_loading_and_resuming",
        ),
        (
            "reload-stops-the-turn",
            "alone=False",
            "alone=True",
            AI_SDK + "who_leaves_stops_nothing",
            True,
        ),
    ),
    *of(
        "chatkit/web/event_stream.py",
        (
            "two-words-on-the-connection",
            '        del self.headers["Connection"]',
            "        pass",
            ANSWERS + "the_head_of_a_stream_says_once_what_becomes_of_the_connection",
        ),
        (
            "no-heartbeat",
            "ping=heartbeat,",
            "ping=3600,",
            APP + "idle_stream_is_kept_awake_by_comments",
            True,
        ),
        (
            "heartbeat-is-an-event",
            'encode(comment="ping")',
            'encode("ping")',
            APP + "idle_stream_is_kept_awake_by_comments",
        ),
        (
            "first-comment-after-an-event",
            "if self.silent or pause == heartbeat:",
            "if True:",
            EVENT_STREAM + "no_first_comment_where_an_event_came",
        ),
        (
            "no-first-comment",
            "pause = min(heartbeat, FIRST)",
            "pause = heartbeat",
            EVENT_STREAM + "stream_that_begins_with_silence_gets_a_comment_soon",
        ),
        (
            "stalled-reader-is-cut-without-a-word",
            "        if self.reason is Reason.STALLED:\n            hang_up()\n        elif",
            "        if",
            STALLED + "stalled_reader_gives_its_place_back_whatever_else_it_asked_for",
        ),
        (
            "error-of-the-frames-is-lost",
            "            sending.result()  # raises what the frames have raised\n",
            "            pass\n",
            EVENT_STREAM + "error_of_the_frames_is_raised",
        ),
        (
            "cancellation-by-others-is-lost",
            "if self.reason is None or task.uncancel():",
            "if self.reason is not None and task.uncancel():",
            EVENT_STREAM + "cancellation_of_the_request_is_passed_on",
        ),
        (
            "response-ends-before-its-frames",
            "            await asyncio.wait([sending])\n",
            "",
            EVENT_STREAM + "reader_that_leaves_closes_the_frames",
        ),
    ),
    *of(
        "chatkit/web/page.py",
        (
            "every-file-is-kept-for-good",
            "if asked and asked == await run_in_threadpool(self.by_content, path):",
            "if asked:",
            PAGE + "files_asked_for_otherwise_are_asked_for_again",
        ),
        (
            "page-is-sent-again-and-again",
            'request.headers.get("If-None-Match", "").removeprefix("W/") == tag',
            'request.headers.get("If-None-Match", "") == tag',
            PAGE + "page_is_asked_for_each_time_and_comes_when_it_has_changed",
        ),
        (
            "import-map-may-not-run",
            "headers = allow_script(import_map) if import_map else HEADERS",
            "headers = HEADERS",
            PAGE + "import_map_is_the_one_script_that_may_stand_in_the_page",
        ),
    ),
    *of(
        "chatkit/web/react_page.py",
        (
            "build-is-loaded-each-time",
            '        response.headers["Cache-Control"] = FOR_GOOD\n',
            "",
            REACT_PAGE + "files_of_a_build_may_be_kept_for_good",
        ),
        (
            "base-is-refused",
            "\"base-uri 'none'\", \"base-uri 'self'\"",
            "\"base-uri 'none'\", \"base-uri 'none'\"",
            REACT_PAGE + "page_runs_its_own_scripts_and_may_name_its_base",
        ),
        (
            "heartbeat-is-not-told",
            'heartbeat=f"{heartbeat:g}"',
            'heartbeat="0"',
            REACT_PAGE + "page_is_told_the_heartbeat_and_asked_for_each_time",
        ),
        (
            "build-has-to-be-there-before",
            ", check_dir=False",
            "",
            REACT_PAGE + "build_that_is_made_later_is_served_without_a_restart",
        ),
        (
            "page-outside-the-build",
            '"/react/{name}.html"',
            '"/react/{name:path}.html"',
            REACT_PAGE + "what_is_not_in_the_build_is_404",
        ),
        (
            "not-built-is-a-page",
            "HTMLResponse(NOT_BUILT, 404, HEADERS)",
            "HTMLResponse(NOT_BUILT, 200, HEADERS)",
            REACT_PAGE + "build_that_is_made_later_is_served_without_a_restart",
        ),
    ),
    *of(
        "chatkit/web/import_map.py",
        (
            "files-outside-are-looked-at",
            'not name.startswith(("/", ".."))',
            "True",
            IMPORT_MAP + "import_map_names_each_file_that_the_page_can_ask_for",
        ),
        (
            "only-what-is-imported-directly",
            "found += [new for new in near if new not in found]",
            "found = [*found, *near]",
            IMPORT_MAP + "what_is_needed_at_once_is_preloaded_in_order",
        ),
        (
            "what-comes-later-is-preloaded",
            "with_imports(folder, [name], IMPORT)",
            "with_imports(folder, [name], IMPORT, LATER)",
            IMPORT_MAP + "what_is_needed_at_once_is_preloaded_in_order",
        ),
        (
            "what-comes-later-has-no-name",
            "[*at_once, *MENTION.findall(page)], IMPORT, LATER)",
            "[*at_once, *MENTION.findall(page)], IMPORT)",
            IMPORT_MAP + "import_map_names_each_file_that_the_page_can_ask_for",
        ),
    ),
    *of(
        "chatkit/limits/body.py",
        (
            "get-has-a-clock",
            'elif scope["method"] == "GET":',
            'elif scope["method"] == "HEAD":',
            BODY + "body_of_a_get_is_left_alone",
        ),
        (
            "known-length-one-too-short",
            "int(length) > self.limit:",
            "int(length) >= self.limit:",
            BODY + "body_may_be_exactly_as_large_as_the_limit",
        ),
        (
            "known-length-is-not-looked-at",
            "if length.isdigit() and int(length) > self.limit:",
            "if False:",
            SECURITY + "body_that_says_it_is_too_large_is_refused_before_it_comes",
            True,
        ),
        (
            "body-one-too-short",
            "if size > self.limit:",
            "if size >= self.limit:",
            BODY + "body_may_be_exactly_as_large_as_the_limit",
        ),
        (
            "last-piece-is-the-size",
            'size += len(message.get("body", b""))\n            complete',
            'size = len(message.get("body", b""))\n            complete',
            BODY + "body_may_be_exactly_as_large_as_the_limit",
        ),
        (
            "clock-of-each-piece",
            "async with asyncio.timeout_at(end):\n                    message",
            "async with asyncio.timeout(self.seconds):\n                    message",
            BODY + "clock_is_that_of_the_whole_body",
        ),
        (
            "clock-after-the-body",
            "            if complete:  # what comes now",
            "            if False:  # what comes now",
            BODY + "client_may_stay_for_as_long_as_it_likes_when_the_body_is_there",
        ),
        (
            "late-body-is-too-large",
            "raise HTTPException(408, self.too_slow, CLOSE)",
            "raise HTTPException(413, self.too_slow, CLOSE)",
            BODY + "clock_is_that_of_the_whole_body",
        ),
        (
            "connection-is-kept",
            'CLOSE = {"Connection": "close"}',
            'CLOSE = {"Connection": "keep-alive"}',
            BODY + "clock_is_that_of_the_whole_body",
        ),
        (
            "rest-of-a-body-is-left",
            "            await discard(receive)\n",
            "            pass\n",
            BODY + "rest_of_a_body_that_is_too_large_is_taken",
        ),
        (
            "rest-of-a-body-is-promised",
            'and "expect" not in headers:',
            "and headers:",
            BODY + "rest_of_a_body_that_is_too_large_is_taken",
        ),
        (
            "rest-comes-before-the-refusal",
            'await send({**message, "more_body": True})\n            await discard(receive)',
            'await discard(receive)\n            await send({**message, "more_body": True})',
            LIMITS + "refusal_comes_before_the_body",
        ),
        (
            "rest-of-any-body-is-taken",
            "while more and size <= DISCARDED:",
            "while more:",
            BODY + "rest_of_a_body_that_is_too_large_is_taken",
        ),
    ),
    *of(
        "chatkit/limits/streams.py",
        (
            "one-stream-too-many",
            "if len(self) >= self.most:",
            "if len(self) > self.most:",
            STREAMS + "bounds_in_all_and_of_each_client",
        ),
        (
            "one-stream-too-many-of-a-client",
            "if self._clients[client] >= self.most_per_client:",
            "if self._clients[client] > self.most_per_client:",
            STREAMS + "bounds_in_all_and_of_each_client",
        ),
        (
            "client-is-counted-as-all",
            "if self._clients[client] >= self.most_per_client:",
            "if len(self) >= self.most_per_client:",
            STREAMS + "bounds_in_all_and_of_each_client",
        ),
        (
            "streams-are-never-given-back",
            "            self._clients[client] -= 1\n",
            "            pass\n",
            STREAMS + "bounds_in_all_and_of_each_client",
        ),
        (
            "clients-are-never-forgotten",
            "                del self._clients[client]\n",
            "                pass\n",
            STREAMS + "clients_that_have_left_are_forgotten",
        ),
        (
            "full-is-429",
            "raise HTTPException(503, detail, RETRY)",
            "raise HTTPException(429, detail, RETRY)",
            LIMITS + "streams_in_all",
        ),
        (
            "full-without-retry-after",
            "raise HTTPException(503, detail, RETRY)",
            "raise HTTPException(503, detail)",
            LIMITS + "streams_in_all",
        ),
        (
            "retry-at-once",
            'RETRY = {"Retry-After": "5"}',
            'RETRY = {"Retry-After": "0"}',
            STREAMS + "bounds_in_all_and_of_each_client",
        ),
    ),
    *of(
        "chatkit/loopback.py",
        (
            "host-ends-like-this-machine",
            'host.endswith(".localhost")',
            'host.endswith("localhost")',
            SECURITY + "request_for_another_name_is_refused[GET /-evil-localhost]",
        ),
        (
            "any-address-is-this-machine",
            "return ip_address(host).is_loopback",
            "return bool(ip_address(host))",
            SECURITY + "request_for_another_name_is_refused[GET /-0.0.0.0]",
        ),
    ),
    *of(
        "chatkit/limits/hosts.py",
        (
            "host-that-only-begins-well",
            "HOST.fullmatch(given[0].lower())",
            "HOST.match(given[0].lower())",
            SECURITY + "request_for_another_name_is_refused[GET /-localhost/]",
        ),
        (
            "host-in-capitals",
            "HOST.fullmatch(given[0].lower())",
            "HOST.fullmatch(given[0])",
            SECURITY + "names_of_this_machine_need_no_setting[-LocalHost]",
        ),
        (
            "first-of-two-hosts",
            "if len(given) == 1 else None",
            "if given else None",
            HOSTS + "of_two_names_none_counts",
        ),
        (
            "final-dot",
            '.removesuffix(".")',
            "",
            SECURITY + "names_of_this_machine_need_no_setting[-localhost.]",
        ),
        (
            "setting-in-capitals",
            "{host.lower().strip",
            "{host.strip",
            SECURITY + "other_names_are_a_setting",
        ),
        (
            "setting-is-an-ending",
            "or name in self.hosts:",
            "or any(name.endswith(host) for host in self.hosts):",
            SECURITY + "other_names_are_a_setting",
        ),
        (
            "any-number-is-the-address",
            "return ip_address(name) == ip_address(address.removeprefix",
            "return ip_address(name) != ip_address(address.removeprefix",
            HOSTS + "the_number_that_a_request_has_come_to_is_right",
        ),
        (
            "mapped-address",
            '.removeprefix("::ffff:")',
            "",
            HOSTS + "the_number_that_a_request_has_come_to_is_right",
        ),
        (
            "any-context-is-jupyter",
            '.endswith(f"/proxy/{own_port}")',
            "",
            SECURITY + "what_jupyter_server_proxy_passes_on_is_served",
        ),
        (
            "own-port-through-jupyter",
            "or port == str(own_port):",
            "or port == own_port:",
            SECURITY + "what_jupyter_server_proxy_passes_on_is_served",
        ),
        (
            "port-80-through-jupyter",
            "if own_port in (None, 80, 443) or",
            "if own_port in (None, 443) or",
            HOSTS + "browser_leaves_the_port_out_where_the_page_could_be_rebound",
        ),
        (
            "no-port-through-jupyter",
            "if own_port in (None, 80, 443) or",
            "if own_port in (80, 443) or",
            HOSTS + "without_tcp_there_is_no_port_to_tell_by",
        ),
        (
            "websocket-to-any-name",
            'if scope["type"] == "lifespan" or',
            'if scope["type"] != "http" or',
            HOSTS + "websocket_is_a_request_too",
        ),
    ),
    *of(
        "chatkit/limits/connection.py",
        (
            "head-without-end",
            "if self.size > self.head_bytes and",
            "if self.size > 10 * self.head_bytes and",
            LIMITS + "head_that_is_too_large[a header]",
            True,
        ),
        (
            "heads-are-added",
            "        self.in_head = False\n        self.size = 0\n",
            "        self.in_head = False\n",
            HEADS + "many_heads_on_a_connection_are_no_large_one",
        ),
        (
            "body-is-a-head",
            "    def on_body(self, body: bytes) -> None:\n        self.size = 0\n",
            "    def on_body(self, body: bytes) -> None:\n",
            HEADS + "body_that_comes_in_pieces_is_no_head",
        ),
        (
            "clock-runs-on",
            "        self.size = 0\n        self.stop_clock()\n",
            "        self.size = 0\n",
            LIMITS + "head_that_does_not_come",
        ),
        (
            "431-without-a-close",
            "            self.transport.write(TOO_LARGE)\n            self.transport.close()",
            "            self.transport.write(TOO_LARGE)\n            self.size = 0",
            LIMITS + "head_that_is_too_large[a path]",
            True,
        ),
        (
            "next-request-does-not-wait",
            "        self.flow.pause_reading()\n",
            "",
            HEADS + "request_that_comes_while_an_answer_waits_is_not_answered_yet",
        ),
        (
            "waiting-counted-alone",
            "waiting = sum(other.transport.get_write_buffer_size() for other in self.connections)",
            "waiting = self.transport.get_write_buffer_size()",
            UNTAKEN + "many_answers_that_nobody_takes",
            True,
        ),
        (
            "slow-is-stalled",
            "if self.transport.get_write_buffer_size() < self.seen:",
            "if self.transport.get_write_buffer_size() < 0:",
            UNTAKEN + "answer_that_is_taken_slowly",
        ),
        (
            "response-goes-on",
            "request.disconnected = True",
            "request.disconnected = False",
            STALLED + "stalled_reader_gives_its_place_back_whatever_else_it_asked_for",
        ),
        (
            "nobody-is-cut-off",
            "        request.transport.abort()\n",
            "        pass\n",
            STALLED + "stalled_reader_is_cut_off_and_gets_the_rest_when_it_comes_back",
            True,
        ),
        (
            "second-head-has-no-clock",
            "        elif self.in_head and self.clock is None:\n            self.start_clock()\n",
            "",
            LIMITS + "head_that_does_not_come",
            True,
        ),
        (
            "stalled-is-slow",
            "if self.transport.get_write_buffer_size() < self.seen:",
            "if self.transport.get_write_buffer_size() <= self.seen:",
            UNTAKEN + "answer_that_nobody_takes",
            True,
        ),
    ),
    *of(
        "chatkit/server/live_requests.py",
        (
            "cancellation-stays",
            "            task.uncancel()\n",
            "            pass\n",
            REQUESTS + "stream_ends_as_http_wants_it",
        ),
        (
            "stream-has-no-end",
            "            if not complete:\n",
            "            if False:\n",
            REQUESTS + "stream_ends_as_http_wants_it",
        ),
        (
            "stream-has-two-ends",
            "            if not complete:\n",
            "            if True:\n",
            REQUESTS + "stream_that_is_complete_gets_no_second_end",
        ),
        (
            "no-answer-at-all",
            "            if not started:\n",
            "            if False:\n",
            SERVING + "request_that_has_no_answer_yet_gets_503",
        ),
        (
            "answers-end-with-the-streams",
            "for task, is_stream in self.live.items() if is_stream)",
            "for task, is_stream in self.live.items())",
            REQUESTS + "what_is_no_stream_has_time_to_end",
        ),
        (
            "everything-is-a-stream",
            'self.live[task] = b"content-length" not in dict(message["headers"])',
            "self.live[task] = True",
            REQUESTS + "what_is_no_stream_has_time_to_end",
        ),
        (
            "nothing-is-a-stream",
            'self.live[task] = b"content-length" not in dict(message["headers"])',
            "self.live[task] = False",
            REQUESTS + "stream_ends_as_http_wants_it",
        ),
        (
            "one-time-too-early",
            "if asked > ONLY_STREAMS:",
            "if asked >= ONLY_STREAMS:",
            REQUESTS + "what_is_no_stream_has_time_to_end",
        ),
        (
            "ended-again-and-again",
            "for task in set(tasks) - self._ended:",
            "for task in set(tasks):",
            REQUESTS + "each_is_ended_once",
        ),
        (
            "any-cancellation-is-ours",
            "            if task not in self._ended:\n                raise\n",
            "",
            REQUESTS + "cancellation_by_others_passes",
        ),
        (
            "request-is-kept",
            "            del self.live[task]\n",
            "            pass\n",
            REQUESTS + "cancellation_by_others_passes",
        ),
        (
            "ended-request-is-kept",
            "            self._ended.discard(task)\n",
            "",
            REQUESTS + "stream_ends_as_http_wants_it",
        ),
        (
            "error-of-the-start-is-lost",
            "                self.startup_error = error\n",
            "",
            SERVING + "error_of_the_start_is_raised_in_the_cell",
        ),
        (
            "nobody-hangs-up",
            "            hang_up_all(server)\n",
            "            pass\n",
            STALLED + "stop_waits_for_no_stalled_reader",
            True,
        ),
    ),
    *of(
        "chatkit/server/listening.py",
        (
            "any-port",
            "if port not in range(65_536):",
            "if port is None:",
            SERVING + "what_is_no_port_is_refused",
        ),
    ),
    *of(
        "chatkit/server/background.py",
        (
            "another-port",
            "if old is not None and port in (0, old.port):",
            "if old is not None and port == old.port:",
            SERVING + "again_replaces_it_on_the_same_port",
        ),
        (
            "old-server-is-left",
            "            old.stop()\n    nonce",
            "            pass\n    nonce",
            SERVING + "port_can_be_chosen_and_changed",
        ),
        (
            "listener-is-not-handed-on",
            "if kept is not None and not old._left_behind:",
            "if False:",
            HANDING_ON + "who_comes_while_a_server_stops_is_answered_by_the_next",
        ),
        (
            "another-nonce",
            "nonce = old.nonce if old else secrets.token_urlsafe(16)",
            "nonce = secrets.token_urlsafe(16)",
            SERVING + "beacon_answers_with_the_nonce_to_any_origin",
        ),
        (
            "any-function",
            "inspect.signature(found).bind({}, None, None)",
            "inspect.signature(found)",
            SERVING + "what_is_no_app_is_refused",
        ),
        (
            "messages-are-not-taken-over",
            "        server._messages.take_place_of(old._messages)\n",
            "        pass\n",
            LOOKING + "log_in_a_cell_shows_what_comes_later",
            True,
        ),
        (
            "stopped-but-not-ended",
            '"""\n        self._end()\n',
            '"""\n',
            SERVING + "context_manager_and_stop_free_the_port",
        ),
        (
            "said-twice",
            "            self._left_behind = True\n",
            "",
            SERVING + "blocked_loop_is_named_and_does_not_hold_up_the_next",
        ),
        (
            "error-of-the-start-is-not-raised",
            "raise self._requests.startup_error or RuntimeError(",
            "raise RuntimeError(",
            SERVING + "error_of_the_start_is_raised_in_the_cell",
        ),
        (
            "bounds-are-not-passed-on",
            "            http=connection,\n",
            "",
            LIMITS + "head_that_is_too_large[a header]",
            True,
        ),
    ),
    *of(
        "chatkit/server/foreground.py",
        (
            "nowhere-is-an-address",
            "    if host.is_unspecified:\n",
            "    if False:\n",
            FOREGROUND + "url_is_one_that_can_be_opened_on_this_machine",
        ),
        (
            "no-signal-is-patient",
            "self.waits = number in self.patient",
            "self.waits = False",
            FOREGROUND + "replies_end_first_where_it_is_to_wait",
        ),
        (
            "second-signal-cuts-off",
            "        elif self.waits:\n            self.waits = False\n",
            "",
            FOREGROUND + "each_signal_is_less_patient",
        ),
        (
            "signals-are-kept",
            "            for number, handler in before.items():\n",
            "            for number, handler in ():\n",
            FOREGROUND + "it_says_where_it_is_and_gives_the_signals_back",
        ),
        (
            "streams-begun-late-stay",
            "for asked in itertools.count():",
            "for asked in range(1):",
            FOREGROUND + "stream_that_begins_while_it_stops_ends_too",
            True,
        ),
        (
            "new-clients-while-it-ends",
            "in self.servers:\n            server.close()\n        for listener in listeners:",
            "in ():\n            server.close()\n        for listener in ():",
            FOREGROUND + "replies_end_first_where_it_is_to_wait",
            True,
        ),
        (
            "connections-stay",
            '            (b"connection", b"close"),\n',
            "",
            FOREGROUND + "replies_end_first_where_it_is_to_wait",
        ),
        (
            "request-is-not-waited-for",
            "if self.writing() or unanswered:",
            "if self.writing():",
            FOREGROUND + "request_that_has_no_answer_yet_is_waited_for",
        ),
        (
            "grace-without-end",
            "min(time.monotonic() + LAST, at_most)",
            "time.monotonic() + LAST",
            FOREGROUND + "replies_that_take_longer_than_the_grace_are_waited_for_no_longer",
            True,
        ),
    ),
    *of(
        "chatkit/server/log.py",
        (
            "messages-are-printed-too",
            "            take(OwnLines().format(record))\n        return False",
            "            take(OwnLines().format(record))\n        return True",
            MESSAGES + "only_what_this_thread_logs_is_taken",
        ),
        (
            "messages-of-others-are-taken",
            "        if take is None:\n            return True",
            "        if take is None:\n            return False",
            MESSAGES + "only_what_this_thread_logs_is_taken",
        ),
        (
            "warnings-only-if-errors",
            "if record.levelno >= logging.WARNING:",
            "if record.levelno > logging.ERROR:",
            SERVING + "log_keeps_the_traceback_that_is_not_printed",
        ),
        (
            "everything-is-a-message",
            "if record.levelno >= logging.WARNING:",
            "if record.levelno >= logging.INFO:",
            MESSAGES + "only_what_this_thread_logs_is_taken",
        ),
        (
            "thread-stays-taken",
            "            del _filter.takers[threading.get_ident()]\n",
            "            pass\n",
            MESSAGES + "thread_that_has_ended_is_forgotten",
        ),
        ("oldest-are-kept", "maxlen=1000)", "maxlen=None)", MESSAGES + "a_thousand_are_kept"),
        (
            "start-is-shown",
            "return self.text[-SHOWN:] or NONE",
            "return self.text[:SHOWN] or NONE",
            MESSAGES + "end_is_shown",
        ),
    ),
    *of(
        "chatkit/notebook/show.py",
        (
            "each-update-is-a-message",
            "            if not self._is_resting:\n",
            "            if True:\n",
            SHOW_TEXT + "many_are_few_messages_and_the_last_is_shown",
        ),
        (
            "last-update-is-lost",
            "        with self._lock:\n            self._next()\n",
            "        self._is_resting = False\n",
            SHOW_TEXT + "what_is_said_while_it_is_shown_comes_too",
        ),
        (
            "what-shows-it-may-not-warn",
            "threading.RLock()",
            "threading.Lock()",
            SHOW_TEXT + "what_is_said_while_it_is_shown_comes_too",
            True,
        ),
    ),
    *of(
        "chatkit/notebook/frames.py",
        (
            "much-at-once",
            "await asyncio.sleep(held / PER_SECOND)",
            "await asyncio.sleep(0)",
            LOOKING + "much_text_comes_in_pieces_that_jupyter_passes_on",
        ),
    ),
    *of(
        "chatkit/notebook/beacon.py",
        (
            "any-page-may-frame-it",
            "; frame-ancestors 'self' {NEAR}",
            "",
            SERVING + "beacon_may_be_framed_where_the_page_of_ones_own_may",
        ),
        (
            "frames-of-ones-own-are-not-seen",
            '.startswith("text/html")',
            '.startswith("no")',
            SERVING + "beacon_may_be_framed_where_the_page_of_ones_own_may",
        ),
    ),
    *of(
        "chatkit/server/tracebacks.py",
        (
            "all-lines-are-own",
            "return not file.startswith(_LIBRARIES)",
            "return True",
            SERVING + "log_names_the_lines_of_own_code",
        ),
        (
            "line-that-raised-is-lost",
            "one.stack[:] = own or one.stack[-1:]",
            "one.stack[:] = own",
            SERVING + "log_names_the_line_that_raised_if_none_is_of_own_code",
        ),
        (
            "first-line-instead-of-the-last",
            "one.stack[:] = own or one.stack[-1:]",
            "one.stack[:] = own or one.stack[:1]",
            SERVING + "log_names_the_line_that_raised_if_none_is_of_own_code",
        ),
        (
            "context-is-kept",
            "            one.__context__ = None  # it says",
            "            pass  # it says",
            OWN_LINES + "what_a_library_has_caught_says_nothing_new",
        ),
        (
            "long-error-is-not-cut",
            "if len(text) > LONGEST:",
            "if False:",
            SERVING + "odd_errors_reach_the_log_and_end_their_reply[long]",
        ),
        (
            "innermost-of-any-code",
            "for frame in own + frames:",
            "for frame in frames:",
            OWN_LINES + "line_that_a_thread_waits_at_is_that_of_own_code",
        ),
        (
            "error-that-cannot-be-shown",
            "        except Exception:  # an error can",
            "        except ZeroDivisionError:  # an error can",
            SERVING + "odd_errors_reach_the_log_and_end_their_reply[malformed]",
            True,
        ),
    ),
    *of(
        "chatkit/faults/kinds.py",
        (
            "close-breaks",
            "            await line.end()\n            raise Broken",
            "            raise Broken",
            FAULT + '"close"-{"after": 2}--]',
        ),
        (
            "drop-before-its-event",
            "        await line.write(frame)\n"
            "        if number == self.after:\n            raise B",
            "        if number < self.after:\n            await line.write(frame)\n"
            "        else:\n            raise B",
            FAULT + '"drop"-{"after": 2}--]',
        ),
        (
            "cut-after-the-whole-event",
            "await line.write(frame[:-1][: self.size])",
            "await line.write(frame[: self.size])",
            FAULT + '"cut-event"-{"event": 2, "size": 1000}--]',
        ),
        (
            "cut-goes-on",
            "            await line.write(frame[:-1][: self.size])\n            raise Broken",
            "            await line.write(frame[:-1][: self.size])",
            FAULT + '"cut-event"-{"event": 2, "size": 8}--]',
        ),
        (
            "hold-one-byte-too-long",
            "while len(line.held) >= self.size:",
            "while len(line.held) > self.size:",
            KINDS + "bytes_go_on_as_soon_as_there_are_enough",
        ),
        (
            "held-is-lost-at-the-end",
            '"body": self.held})',
            '"body": b""})',
            FAULT + '"hold"-{}--]',
        ),
        (
            "held-goes-at-once",
            "full, line.held = line.held[: self.size], line.held[self.size :]",
            'full, line.held = line.held, b""',
            FAULT + '"hold"-{"size": 10}--]',
        ),
        (
            "once",
            "await line.write(frame * 2)",
            "await line.write(frame)",
            FAULT + '"twice"-{}--]',
        ),
        (
            "skip-the-rest",
            "        if number != self.event:\n            await line.write(frame)\n        else:\n"
            "            line.hit()\n\n",
            "        if number < self.event:\n            await line.write(frame)\n        else:\n"
            "            line.hit()\n\n",
            FAULT + '"skip"-{}--]',
        ),
        (
            "silence-of-events",
            "        if number:\n            await line.write(frame)",
            "        if not number:\n            await line.write(frame)",
            FAULT + '"silence"-{}--]',
        ),
        (
            "cr-is-crlf",
            r"""frame.replace(b"\n", b"\r"))""",
            r"""frame.replace(b"\n", b"\r\n"))""",
            FAULT + '"cr"-{}--]',
        ),
        (
            "crlf-is-cr",
            r"""frame.replace(b"\n", b"\r\n"))""",
            r"""frame.replace(b"\n", b"\r"))""",
            FAULT + '"crlf"-{}--]',
        ),
        (
            "cut-beside-the-character",
            "if first := MULTIBYTE.search(frame):",
            'if first := re.search(b"", frame):',
            FAULT + '"cut-character"-{"seconds": 0.001}--]',
        ),
        (
            "delay-once",
            "await asyncio.sleep(self.seconds)\n        await line",
            "await asyncio.sleep(self.seconds * (number == 1))\n        await line",
            KINDS + "delay_comes_before_every_event",
        ),
        (
            "503-without-retry-after",
            '503, {"Retry-After": "1"})',
            "503)",
            FAULTS + "another_answer",
        ),
        (
            "204-is-200",
            "return Response(status_code=204)",
            "return Response(status_code=200)",
            FAULTS + "another_answer",
        ),
        (
            "html-is-500",
            "return HTMLResponse(",
            "return JSONResponse(",
            FAULTS + "another_answer",
        ),
        (
            "refused-with-an-answer",
            '"headers": [(b"x", b"\\n")]',
            '"headers": [(b"x", b"y")]',
            FAULTS + "refused_streams_get_no_byte",
        ),
        (
            "comments-are-events",
            "self._events += not is_comment",
            "self._events += 1",
            FAULTS + "heartbeats_are_no_events",
        ),
        (
            "comment-in-a-character",
            "            await self._lock.acquire()\n",
            "            self._lock = asyncio.Lock()\n            await self._lock.acquire()\n",
            FAULTS + "heartbeats_stay_out_of_what_a_fault_has_begun",
        ),
        (
            "any-answer-is-a-stream",
            'self.is_stream = message["status"] == 200',
            "self.is_stream = True",
            FAULTS + "answer_that_is_no_stream_stays_as_it_is[twice]",
        ),
        (
            "counted-from-the-start",
            "self._events, self._is_hit = 0, False",
            "self._is_hit = False",
            FAULTS + "open_streams_are_broken_now",
        ),
        (
            "held-is-lost-with-its-fault",
            "            await self.write(self.held)\n",
            "",
            FAULTS + "what_was_held_back_goes_before_what_a_newer_fault_sends",
        ),
        (
            "each-frame-is-a-hit",
            "if not self._is_hit:",
            "if True:",
            FAULTS + "what_was_hit_can_be_read",
        ),
        (
            "hit-after-what-is-not-sent",
            "self._note(self._fault, self._sent)",
            "self._note(self._fault, self._number)",
            FAULTS + "what_was_hit_can_be_read",
        ),
        (
            "events-in-one-go",
            'filter(None, AFTER_FRAME.split(message.get("body", b"")))',
            'filter(None, [message.get("body", b"")])',
            FAULT + '"drop"-{"after": 2}--]',
        ),
        (
            "unknown-parameters",
            'ConfigDict(frozen=True, strict=True, extra="forbid")',
            "ConfigDict(frozen=True, strict=True)",
            FAULTS + "bad_input_is_422",
        ),
        (
            "words-are-numbers",
            "ConfigDict(frozen=True, strict=True, extra",
            "ConfigDict(frozen=True, extra",
            FAULTS + "bad_input_is_422",
        ),
    ),
    *of(
        "chatkit/faults/lab.py",
        (
            "newest-fault-first",
            "for fault in self.armed if fault.turn",
            "for fault in reversed(self.armed) if fault.turn",
            FAULTS + "faults_hit_in_order_and_as_often_as_they_should",
        ),
        (
            "times-goes-to-the-end",
            'self.armed[place] = fault.model_copy(update={"times": fault.times - 1})',
            'self.armed.append(fault.model_copy(update={"times": fault.times - 1}))\n'
            "            del self.armed[place]",
            FAULTS + "faults_hit_in_order_and_as_often_as_they_should",
        ),
        (
            "cut-later",
            "                line.cut(fault)\n",
            "                line.put(fault)\n",
            FAULTS + "open_stream_is_cut_for_a_fault_that_answers",
        ),
        (
            "now-is-last",
            "self.armed.appendleft(fault)  #",
            "self.armed.append(fault)  #",
            FAULTS + "open_stream_is_cut_for_a_fault_that_answers",
        ),
        (
            "hits-without-end",
            "self.hits: deque[dict[str, Any]] = deque(maxlen=most)",
            "self.hits: deque[dict[str, Any]] = deque()",
            FAULTS + "only_the_newest_hits_are_kept",
        ),
        (
            "once-too-often",
            "if fault.times > 1:",
            "if fault.times > 0:",
            FAULTS + "fault_hits_the_next_stream_only",
        ),
        (
            "times-without-end",
            'update={"times": fault.times - 1}',
            'update={"times": fault.times}',
            FAULTS + "faults_hit_in_order_and_as_often_as_they_should",
        ),
        (
            "refused-once",
            "time.monotonic() + fault.seconds, fault.turn",
            "time.monotonic(), fault.turn",
            FAULTS + "refused_streams_get_no_byte",
        ),
        (
            "refusing-uses-up-the-next",
            "            return Refuse()\n",
            "            return self.armed.popleft() if self.armed else Refuse()\n",
            FAULTS + "refusing_does_not_use_up_what_is_armed_after_it",
        ),
        (
            "disarmed-but-refusing",
            "        self.armed.clear()\n        self.refusing_until = 0.0\n",
            "        self.armed.clear()\n",
            FAULTS + "refused_streams_get_no_byte",
        ),
        (
            "one-fault-too-many",
            "if len(self.armed) >= self.most:",
            "if len(self.armed) > self.most:",
            FAULTS + "too_many_faults_are_refused",
        ),
        (
            "every-path-below-a-turn",
            r'/turns/([^/]+)/events$"',
            r'/turns/([^/]+)"',
            FAULTS + "only_streams_are_hit",
        ),
        (
            "now-hits-everybody",
            'if line.is_stream and fault.turn in ("", turn)',
            "if line.is_stream",
            FAULTS + "streams_of_one_turn_are_broken_now",
        ),
        (
            "any-method",
            'scope["type"] == "http" and scope["method"] == "GET"',
            'scope["type"] == "http"',
            FAULTS + "only_streams_are_hit",
        ),
        (
            "broken-is-an-error",
            "        except* Broken:",
            "        except* ZeroDivisionError:",
            FAULTS + "log_says_what_the_server_saw",
        ),
    ),
    *of(
        "static/client/protocol.js",
        (
            "seen-event-is-added",
            "if (number <= turn.last) return turn;",
            "if (number < turn.last) return turn;",
            PROTOCOL_JS + "what_has_been_seen_changes_nothing_and_is_not_even_read",
        ),
        (
            "new-text-first",
            "text: turn.text + data,",
            "text: data + turn.text,",
            PROTOCOL_JS + "pieces_are_added_in_order",
        ),
        (
            "event-after-the-end",
            'if (turn.status !== "streaming") return turn;',
            "",
            PROTOCOL_JS + "after_the_end_nothing_changes",
        ),
        (
            "gap-is-whole",
            "<= turn.last + 1;",
            "<= turn.last + 2;",
            PROTOCOL_JS + "whether_an_event_is_missing",
        ),
    ),
    *of(
        "static/client/sse.js",
        (
            "crlf-is-two-ends",
            "let start = this.#afterCr && chunk[0] === LF ? 1 : 0;",
            "let start = 0;",
            SSE_JS + "both_parsers_read_the_same_from_any_bytes",
        ),
        (
            "id-with-a-null",
            r"""name === "id" && !value.includes("\0")""",
            'name === "id"',
            SSE_JS + "parser_reads_as_the_standard_says",
        ),
    ),
    *of(
        "static/client/proof.js",
        ("half-a-byte", '.padStart(2, "0")', "", PROOF_JS + "prove"),
        (
            "proof-in-code-units",
            "countCharacters(text) === chars",
            "text.length === chars",
            PROOF_JS + "prove",
        ),
    ),
    *of(
        "static/client/turn_reader.js",
        (
            "gap-is-read-over",
            "    return whole;",
            "    return true;",
            READER_JS + "event_that_is_missing_is_read_again",
        ),
        (
            "gap-is-shown",
            "const next = whole ? read(turn, event) : turn;",
            "const next = read(turn, event);",
            READER_JS + "event_that_is_missing_is_read_again",
        ),
        (
            "stream-stays-open",
            'if (turn.status !== "streaming") close("complete");',
            "",
            READER_JS + "stream_is_closed_at_its_end",
        ),
        (
            "forgotten-turn-is-waited-for",
            "if (error.status === 404) update(fail(turn, GONE));\n    }",
            "}",
            READER_JS + "turn_that_is_gone_is_given_up",
        ),
        (
            "silent-stream-of-a-forgotten-turn",
            "if (error.status === 404) update(fail(turn, GONE));\n      return true;",
            "return true;",
            READER_JS + "silent_stream_of_a_turn_that_is_gone_ends",
        ),
        (
            "list-is-not-believed",
            "takeState: (state) => hasMore(state) && connection.expectMore(),",
            "takeState: () => {},",
            READER_JS + "what_the_list_says_counts",
        ),
    ),
    *of(
        "static/client/connection.js",
        (
            "opened-at-the-start",
            "transport(`${url}?after=${cursor()}`,",
            "transport(`${url}?after=0`,",
            READER_JS + "event_that_is_missing_is_read_again",
        ),
        (
            "end-is-the-end",
            "leave = null; // there is nothing to close\n      openLater();",
            "leave = null;",
            READER_JS + "stream_that_breaks_is_read_on_from_the_cursor",
        ),
        (
            "silence-is-not-noticed",
            "quiet() < silence ? watch() : check()",
            "watch()",
            READER_JS + "silent_stream_is_checked_and_read_on_if_the_server_has_more",
        ),
        (
            "silence-is-always-death",
            "if (behind) expectMore();",
            "expectMore();",
            READER_JS + "silent_stream_of_a_server_that_has_no_more_stays",
        ),
        (
            "nothing-may-be-under-way",
            "Math.max(0, seen + GRACE - performance.now()),",
            "0,",
            READER_JS + "what_the_list_says_counts",
        ),
        (
            "delay-stays-short",
            "FIRST_DELAY * 2 ** failures",
            "FIRST_DELAY",
            READER_JS + "each_wait_is_longer",
        ),
        (
            "delay-without-a-bound",
            "Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures)",
            "FIRST_DELAY * 2 ** failures",
            READER_JS + "each_wait_is_longer",
        ),
    ),
    *of(
        "static/client/event_source.js",
        (
            "browser-goes-on-by-itself",
            "    source.close();\n    tell(",
            "    tell(",
            READER_JS + "stream_that_breaks_is_read_on_from_the_cursor",
        ),
    ),
    *of(
        "static/client/fetch_stream.js",
        (
            "fetch-is-not-closed",
            "return () => leaving.abort();",
            "return () => {};",
            FETCH_JS + "stream_that_is_closed_is_left_and_nothing_more_comes",
            True,
        ),
        (
            "more-comes-after-the-close",
            "    if (leaving.signal.aborted) return;\n",
            "",
            FETCH_JS + "stream_that_is_closed_is_left_and_nothing_more_comes",
        ),
        (
            "refused-answer-stays-open",
            "    response.body?.cancel().catch(() => {});\n",
            "",
            FETCH_JS + "refused_answer_is_not_read_on",
            True,
        ),
        (
            "large-chunk-is-doubled",
            "value.subarray(start, start + SLICE)",
            "value.subarray(start)",
            FETCH_JS + "large_chunk_comes_in_parts_and_as_a_whole",
        ),
        (
            "parameter-is-another-type",
            'type.split(";")[0].trim()',
            "type.trim()",
            FETCH_JS + "content_type_with_a_parameter_or_capitals",
        ),
        (
            "any-success-is-a-stream",
            'if (status !== 200) return "status";',
            'if (status >= 300) return "status";',
            FETCH_JS + "answer_that_is_not_a_stream",
        ),
        (
            "broken-is-not-told",
            'tell("end", { reason: "broken", status });',
            "",
            FETCH_JS + "stream_that_breaks",
            True,
        ),
    ),
    *of(
        "static/client/server.js",
        (
            "error-is-an-answer-to-the-page",
            "  if (!ok) throw new CallFailed(explain(status, answer?.detail), status);\n",
            "",
            SERVER_JS + "refusal_says_what_to_do",
        ),
        (
            "status-of-a-refusal-is-lost",
            "explain(status, answer?.detail), status)",
            "explain(status, answer?.detail), 0)",
            SERVER_JS + "refusal_says_what_to_do",
        ),
        (
            "what-is-no-json-is-taken",
            "  if (answer === null) throw",
            "  if (false) throw",
            SERVER_JS + "answer_that_is_not_json",
        ),
        (
            "body-without-a-type",
            '    options.headers = { "Content-Type": "application/json" };\n',
            "",
            SERVER_JS + "message_is_sent_as_json",
        ),
        (
            "message-without-its-parent",
            "json: { message, chat, parent }, onItem",
            "json: { message, chat }, onItem",
            SERVER_JS + "message_is_sent_as_json",
        ),
        (
            "silent-server-is-waited-for",
            "AbortSignal.any([signal, limit]) : limit,",
            "signal : undefined,",
            SERVER_JS + "server_that_falls_silent_is_not_waited_for",
            True,
        ),
        (
            "stop-only-reads",
            '/cancel`, { method: "POST", onItem }',
            "/cancel`, { onItem }",
            SERVER_JS + "what_is_asked",
        ),
    ),
    *of(
        "static/client/tabs.js",
        (
            "servers-share-a-channel",
            "`chatkit ${location.pathname}`",
            '"chatkit"',
            TABS_JS + "another_server_of_the_same_origin_hears_nothing",
        ),
        (
            "tab-hears-of-no-chat",
            "onChange(data.chat)",
            "onChange(data)",
            TABS_JS + "others_hear_which_chat_has_changed",
        ),
        (
            "page-without-a-channel-fails",
            "channel?.postMessage",
            "channel.postMessage",
            TABS_JS + "page_that_may_have_no_channel_works_alone",
        ),
    ),
    *of(
        "static/client/store.js",
        (
            "wish-to-stop-is-lost",
            "wantsStop = true;",
            "",
            STORE_JS + "wish_to_stop_a_message_on_its_way_is_remembered",
        ),
        (
            "transport-stays",
            "for (const reader of readers.values()) reader.use(TRANSPORTS[name]);",
            "",
            STORE_JS + "another_transport_in_the_middle_of_a_reply",
        ),
        (
            "try-is-no-sibling",
            "instead ? find(instead).parent : state.leaf;",
            "state.leaf;",
            STORE_JS + "another_try_is_a_sibling_and_one_can_go_back",
        ),
    ),
    *of(
        "static/client/record.js",
        (
            "record-grows",
            "while (items > MOST_ITEMS || bytes > MOST_BYTES) drop(entries[0], ITEMS_AT_ONCE);",
            "",
            RECORD_JS + "of_too_many_items_the_oldest_go",
        ),
    ),
    *of(
        "static/client/tree.js",
        (
            "path-from-the-leaf",
            "path.unshift(turn)",
            "path.push(turn)",
            TREE_JS + "the_path_to_a_turn",
        ),
        (
            "branch-of-one-turn",
            "if (branch.has(parent)) branch.add(id);",
            "",
            TREE_JS + "the_newest_turn_of_a_branch",
        ),
        (
            "siblings-of-all-parents",
            "parentOf(other) === parentOf(turn)",
            "parentOf(other) || parentOf(turn)",
            TREE_JS + "siblings_are_versions_of_the_message_or_of_the_reply",
        ),
        (
            "lost-parent-is-a-parent",
            "(ids.has(parent) ? parent : null)",
            "parent",
            TREE_JS + "a_parent_that_is_not_there_is_none",
        ),
    ),
]
