"""Which test runs which worked example through the engine.

The numbers are those of the tests of the slow twin (`test_reference_exchange.py`), which gives the
same answers from the same rules.
"""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WHERE = {
    1: "examples: test_a_market_order_pays_the_ask",
    2: "examples: test_beyond_the_displayed_size_each_tick_offers_the_same",
    3: "examples: test_a_book_is_walked_level_by_level_and_remembers_what_was_taken",
    4: "examples: test_money_after_each_walk_of_the_book",
    5: "examples: test_money_after_each_walk_of_the_book",
    6: "examples: test_immediate_or_cancel_takes_up_to_its_limit_and_never_rests",
    7: "orders: test_a_fill_or_kill_order_does_not_fill_in_part",
    8: "examples: test_post_only_is_rejected_where_it_would_take_and_rests_a_tick_below",
    9: "examples: test_a_market_order_stops_at_its_protection_price",
    10: "examples: test_a_resting_order_waits_for_what_stood_before_it",
    11: "examples: test_a_shrinking_level_moves_an_order_up",
    12: "queue: test_a_cut_is_shared_between_those_before_and_those_behind",
    13: "queue: test_a_cut_is_shared_between_those_before_and_those_behind",
    14: "queue: test_what_was_traded_is_no_cut",
    15: "examples: test_trades_through_the_price_fill_at_the_price_and_no_more_than_their_size",
    16: "examples: test_a_touch_fills_only_on_request",
    17: "examples: test_a_buyer_s_trade_does_not_fill_a_buy",
    18: "orders: test_more_goes_to_the_back",
    20: "examples: test_two_own_orders_share_one_trade_in_their_order",
    21: "examples: test_an_order_on_a_close_meets_the_next_open",
    22: "orders: test_a_stop_that_is_gapped_fills_at_the_open",
    23: "orders: test_a_stop_within_a_candle_fills_at_its_trigger",
    24: "orders: test_one_leg_cancels_the_other",
    25: "examples: test_a_low_must_pass_a_buy_limit",
    26: "orders: test_a_stop_limit_rests_once_it_is_triggered",
    27: "examples: test_the_four_points_of_a_candle_are_one_book",
    28: "examples: test_points_lie_at_thirds_and_the_close_just_before_the_end",
    29: "examples: test_an_order_meets_the_market_of_its_arrival_and_we_learn_later",
    30: "examples: test_a_cancel_on_its_way_does_not_stop_a_fill",
    31: "latency: test_a_faster_message_does_not_overtake",
    32: "orders: test_an_order_is_gone_at_its_time",
    33: "fees: test_a_fee_in_base_is_taken_from_what_a_buy_receives",
    34: "fees: test_a_fee_in_a_third_asset_at_a_constant_price",
    35: "examples: test_locks_hold_limit_price_and_fee_and_go_back_whole",
    36: "examples: test_netting_averages_cost_and_realises_against_it",
    43: "orders: test_a_reduce_only_order_is_cut_to_the_position",
    44: "orders: test_an_order_that_meets_our_own",
}
# Of data order by order.
NOT_YET = {19}


@pytest.mark.parametrize("number", WHERE)
def test_it_is_where_the_list_says(number):
    file, name = WHERE[number].split(": ")
    assert f"def {name}(" in (HERE / f"test_{file}.py").read_text(encoding="utf-8")


def test_every_example_of_the_twin_is_in_the_list():
    text = (HERE / "test_reference_exchange.py").read_text(encoding="utf-8")
    names = re.findall(r"^def test_(\d\d)_(?:(to_)?(\d\d)_)?", text, re.MULTILINE)
    numbers = set()
    for first, _, last in names:
        numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers - NOT_YET == set(WHERE)
