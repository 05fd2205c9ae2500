"""`placelibre review`: pairs of listings that a person should look at, what was decided, and why a place is one."""

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console.output import console, language, print_json, services

if TYPE_CHECKING:
    from ingest.review.decisions import DecisionResult, Explanation, Page, ReviewPair

review = typer.Typer(help="Same place or not: uncertain pairs, decisions, explanations.", no_args_is_help=False)
Json = Annotated[bool, typer.Option("--json", help="Results on standard output")]
KeyA = Annotated[str, typer.Argument(help="A listing, written source|key")]
KeyB = Annotated[str, typer.Argument(help="The other listing")]


@review.callback(invoke_without_command=True)
def review_default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_()


@review.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only pairs with a listing of this list")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Pairs shown")] = 20,
    after: Annotated[str | None, typer.Option(help="Where the page before ended")] = None,
    as_json: Json = False,
) -> None:
    """Pairs that are hard to tell, the most uncertain first, with reasons."""
    from ingest.review.decisions import uncertain

    with services() as running:
        page = uncertain(running.engine, limit, after, source)
    if as_json:
        print_json({"pairs": [pair.to_dict(language()) for pair in page.pairs], "next": page.next})
    else:
        _print_page(page)


@review.command("same")
def same(key_a: KeyA, key_b: KeyB, as_json: Json = False) -> None:
    """Two listings are one place: merge them now and whatever is imported later."""
    _decide(key_a, key_b, as_json, same=True)


@review.command("different")
def different(key_a: KeyA, key_b: KeyB, as_json: Json = False) -> None:
    """Two listings are two places: keep them apart now and whatever is imported later."""
    _decide(key_a, key_b, as_json, same=False)


@review.command("forget")
def forget(key_a: KeyA, key_b: KeyB, as_json: Json = False) -> None:
    """Take a decision back, with what it did."""
    from ingest.review.decisions import undecide

    with services() as running:
        result = undecide(running.engine, key_a, key_b, running.now())
    _print_result(result, as_json)


@review.command("explain")
def explain_(place_id: Annotated[int, typer.Argument()], as_json: Json = False) -> None:
    """Which listings a place is made of, which list told which field, and why they were joined."""
    from ingest.review.decisions import explain

    with services() as running:
        explanation = explain(running.engine, place_id)
    if as_json:
        print_json(explanation.to_dict(language()))
    else:
        _print_explanation(explanation)


def _decide(key_a: str, key_b: str, as_json: bool, *, same: bool) -> None:
    from ingest.review.decisions import decide_pair

    with services() as running:
        result = decide_pair(running.engine, key_a, key_b, same, running.now())
    _print_result(result, as_json)


def _print_result(result: "DecisionResult", as_json: bool) -> None:
    if as_json:
        print_json(result.to_dict(language()))
        return
    console().print(result.message(language()), markup=False)
    if result.import_id is not None and result.change.after is not None:
        back = "Pour revenir en arrière" if language() == "fr" else "To take it back"
        console().print(f"{back} : placelibre imports undo {result.import_id}", markup=False)


def _print_page(page: "Page") -> None:
    french = language() == "fr"
    screen = console()
    if not page.pairs:
        screen.print("Aucune paire à trancher." if french else "No pair to decide.")
    for pair in page.pairs:
        _print_pair(pair)
    if page.next is not None:
        more = "Suite" if french else "More"
        screen.print(f"{more} : placelibre review list --after {page.next}", markup=False)


def _print_pair(pair: "ReviewPair") -> None:
    french = language() == "fr"
    state = ("un lieu" if french else "one place") if pair.together else ("deux lieux" if french else "two places")
    decided = {None: "", True: " = ", False: " ≠ "}[pair.decided]
    screen = console()
    screen.print(f"{pair.probability:.0%}  ({state}){decided}", markup=False)
    for end in (pair.left, pair.right):
        facts = end.facts
        where = ", ".join(part for part in (facts.address, f"{facts.postcode} {facts.commune}".strip()) if part)
        screen.print(f"  {end.key}  {facts.name} — {where}  [{end.place_id}]", markup=False, soft_wrap=True)
    signs = {"for": "+", "against": "-", "unknown": "?"}
    reasons = "; ".join(f"{signs[reason.side]} {reason.text(language())}" for reason in pair.reasons)
    screen.print(f"  {reasons}", markup=False, soft_wrap=True)


def _print_explanation(explanation: "Explanation") -> None:
    french = language() == "fr"
    screen = console()
    former = f"  ({'anciens numéros' if french else 'former ids'} : {', '.join(map(str, explanation.aliases))})"
    screen.print(f"{explanation.place_id}  {explanation.name}{former if explanation.aliases else ''}", markup=False)
    for listing in explanation.listings:
        screen.print(f"  {listing.key}  {listing.facts.name}", markup=False, soft_wrap=True)
    by_hand = "modifié à la main" if french else "changed by hand"
    for name, (value, source) in explanation.fields.items():
        screen.print(f"    {name} : {value}  ({source or by_hand})", markup=False, soft_wrap=True)
    for pair in explanation.pairs:
        _print_pair(pair)
