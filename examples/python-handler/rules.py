"""What the contract says about deciding, without input or output."""

import secrets
from dataclasses import dataclass

LIMIT_CENTS = -50_000
CENTS_MAX = 2**63 - 1
COMPANY_IBAN = "NL66OPEN0000000000"
COMPANY_TOKEN = "0" * 20
COMPANY_BALANCE_CENTS = 100_000_000_000_000_000


@dataclass
class Account:
    """An account as it is before a transfer."""

    iban: str
    token: str
    balance_cents: int


def check_digits(number: str) -> str:
    """The two check digits of ten digits."""
    return f"{98 - int('24251423' + number + '232100') % 97:02}"


def draw_iban() -> str:
    """A new account's number: the first of its ten digits is 0."""
    number = f"{secrets.randbelow(10**9):010}"
    return f"NL{check_digits(number)}OPEN{number}"


def draw_token() -> str:
    """What proves that a transfer from an account is its owner's."""
    return f"{secrets.randbelow(10**20):020}"


def is_iban_of_this_bank(text: str) -> bool:
    """Whether a text has the form of this bank's numbers."""
    number = text[8:]
    return (
        len(text) == 18
        and text.isascii()
        and number.isdigit()
        and text[:2] == "NL"
        and text[4:8] == "OPEN"
        and text[2:4] == check_digits(number)
    )


def refusal(command: dict, sender: Account | None, receiver: Account | None) -> str | None:
    """Why a transfer is refused: the first reason that holds, in the contract's order; None when it is not."""
    amount = command["amount"]
    if amount <= 0:
        return "invalid amount"
    if command["from"] != "cash" and not is_iban_of_this_bank(command["from"]):
        return "from is invalid"
    if command["from"] == command["to"]:
        return "from and to can't be same for transfer"
    if sender and sender.token != command["token"]:
        return "invalid token"
    if sender and sender.balance_cents - amount < LIMIT_CENTS:
        return "insufficient funds"
    if not sender and not receiver:
        return "both to and from not known at this bank"
    if receiver and receiver.balance_cents + amount > CENTS_MAX:
        return "invalid amount"
    return None
