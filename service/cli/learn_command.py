"""`placelibre learn`: weights from what people chose, proposed to a person, who accepts them or not."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console.output import console, language, print_json, say, services, settings
from service.cli.search_command import decimal_text
from service.container import system_clock
from service.localisation.catalogue import Translator

if TYPE_CHECKING:
    from matching.learning.proposal import Comparison, Proposal
    from matching.learning.recovery_check import RecoveryReport

learn = typer.Typer(help="Learn the weights of the ranking from what visitors chose.", rich_markup_mode=None)
SIMULATED_SPACES = 20_000
JUDGING_SEARCHES = 2_000


@learn.callback(invoke_without_command=True)
def propose_weights(
    context: typer.Context,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Simulated visitors with planted tastes instead")
    ] = False,
    impressions: Annotated[int, typer.Option(help="With --simulate: searches to learn from", min=1_000)] = 200_000,
    seed: Annotated[int, typer.Option(help="With --simulate: random seed")] = 0,
    out: Annotated[Path | None, typer.Option(help="File of the proposal; default: beside PLACELIBRE_WEIGHTS")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures on standard output")] = False,
) -> None:
    """Read the search log, learn the weights and write a proposal. Nothing changes until it is accepted."""
    if context.invoked_subcommand is not None:
        return
    if simulate:
        _simulate(impressions, seed, as_json)
    else:
        _propose(out, as_json)


@learn.command("accept")
def accept_weights(
    proposal: Annotated[Path | None, typer.Argument(help="File of the proposal; default: the last one")] = None,
) -> None:
    """Make proposed weights those of the balanced preset; running servers take them in within seconds."""
    from service.feedback.accepted_weights import accept, weights_text

    path = settings().weights
    accepted = accept(proposal or _proposal_path(path), path, system_clock())
    weights = weights_text(accepted.weights, language())
    say(f"Poids du préréglage équilibré : {weights}", f"Weights of the balanced preset: {weights}")


@learn.command("reset")
def reset_weights() -> None:
    """Go back to the weights set by hand."""
    from service.feedback.accepted_weights import reset

    if reset(settings().weights):
        say("Les poids fixés à la main sont de nouveau en vigueur.", "The weights set by hand are in force again.")
    else:
        say("Les poids fixés à la main étaient déjà en vigueur.", "The weights set by hand were in force already.")


def _propose(out: Path | None, as_json: bool) -> None:
    from matching.learning.interaction_log import InteractionLog
    from matching.learning.proposal import propose
    from service.feedback.search_log import read_log

    with services() as running:
        log = InteractionLog.from_frame(read_log(running.engine))
    proposal = propose(log)
    path = out or _proposal_path(running.settings.weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(proposal.to_json(running.now().isoformat()), encoding="utf-8")
    if as_json:
        print_json(asdict(proposal))
    else:
        _show_proposal(proposal)
    say(
        f"Proposition écrite dans {path} ; « placelibre learn accept » la met en vigueur.",
        f"Proposal written to {path}; “placelibre learn accept” puts it in force.",
    )


def _simulate(impressions: int, seed: int, as_json: bool) -> None:
    from geo.reference.communes import Areas
    from matching.learning.recovery_check import check_recovery
    from matching.search.engine import SnapshotLayer
    from matching.snapshot.builder import build_index
    from service.bench.workload.world import AS_OF, build_world

    layer = SnapshotLayer(build_index(build_world(Areas.load(settings().data), SIMULATED_SPACES), as_of=AS_OF))
    say(
        f"{impressions} recherches simulées sur {SIMULATED_SPACES} espaces…",
        f"{impressions} simulated searches over {SIMULATED_SPACES} spaces…",
    )
    proof = check_recovery(layer, impressions, JUDGING_SEARCHES, seed)
    if as_json:
        print_json(
            {
                "impressions": proof.impressions,
                "clicks": proof.clicks,
                "planted": proof.planted,
                "learned": proof.learned,
                "uncorrected": proof.uncorrected,
                "errors": proof.errors(proof.learned),
                "errors_uncorrected": proof.errors(proof.uncorrected),
                "planted_examination": proof.planted_examination.tolist(),
                "found_examination": proof.found_examination.tolist(),
                "ndcg_at_10": {name: asdict(comparison) for name, comparison in proof.compared.items()},
            }
        )
    else:
        _show_proof(proof)


def _show_proposal(proposal: "Proposal") -> None:
    from service.feedback.accepted_weights import weights_text

    french = language() == "fr"
    searches, choices, held_out = proposal.impressions, proposal.with_a_choice, proposal.held_out
    head = (
        f"{searches} recherches, dont {choices} suivies d'un choix ; {held_out} pour juger"
        if french
        else f"{searches} searches, {choices} followed by a choice; {held_out} to judge by"
    )
    console().print(head)
    console().print(weights_text(proposal.weights, language()))
    _show_compared(proposal.compared)


def _show_proof(proof: "RecoveryReport") -> None:
    from rich.table import Table

    french = language() == "fr"
    titles = (
        ("terme", "planté", "retrouvé", "erreur", "sans correction", "erreur")
        if french
        else ("term", "planted", "found", "error", "uncorrected", "error")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, justify="right" if table.columns else "left")
    errors, uncorrected_errors = proof.errors(proof.learned), proof.errors(proof.uncorrected)
    t, lang = Translator(language()), language()
    for name, weight in proof.planted.items():
        texts = (
            f"{weight:.3f}",
            f"{proof.learned[name]:.4f}",
            f"{errors[name]:.1%}",
            f"{proof.uncorrected[name]:.4f}",
            f"{uncorrected_errors[name]:.1%}",
        )
        table.add_row(t.either(f"term.{name}", name), *(decimal_text(text, lang) for text in texts))
    searches = f"{proof.impressions} recherches" if french else f"{proof.impressions} searches"
    console().print(f"{searches}, {proof.clicks} clics" if french else f"{searches}, {proof.clicks} clicks")
    console().print(table)
    _show_compared(proof.compared)


def _show_compared(compared: "Mapping[str, Comparison]") -> None:
    from rich.table import Table

    gain = "au-delà de la distance seule" if language() == "fr" else "above distance alone"
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "NDCG@10", "95 %", gain, "95 %"):
        table.add_column(title, justify="right" if title else "left")
    t, lang = Translator(language()), language()
    french = {"distance_only": "distance seule", "learned": "poids appris"}
    for name, comparison in compared.items():
        label = t.either(f"preset.{name}", french.get(name, name) if lang == "fr" else name.replace("_", " "))
        texts = (
            f"{comparison.ndcg.mean:.4f}",
            f"{comparison.ndcg.low:.4f} – {comparison.ndcg.high:.4f}",
            f"{comparison.gain.mean:+.1%}",
            f"{comparison.gain.low:+.1%} – {comparison.gain.high:+.1%}",
        )
        table.add_row(label, *(decimal_text(text, lang) for text in texts))
    console().print(table)


def _proposal_path(weights: Path) -> Path:
    return weights.with_suffix(".proposal.json")
