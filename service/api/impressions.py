"""`POST /api/v1/impressions/{id}/clicks`: open to any holder of the id, which only a consented search gives."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from service.api.dependencies import Impressions
from service.api.problems import documented
from service.feedback.search_log import IMPRESSION_ID


class Click(BaseModel):
    rank: int = Field(ge=1, le=100, description="Of the result that was opened, from 1")


def create_router() -> APIRouter:
    router = APIRouter(tags=["search"])

    @router.post(
        "/impressions/{impression_id}/clicks",
        status_code=202,
        summary="Tell which result of a logged search was opened",
        responses=documented(422),
    )
    def click(
        impressions: Impressions,
        impression_id: Annotated[str, Path(pattern=f"^{IMPRESSION_ID.pattern}$")],
        choice: Click,
    ) -> None:
        """The id is the `PlaceLibre-Impression` header of a search sent with `PlaceLibre-Consent: ranking`. Opening the
        same result again, or one of an id that is unknown, changes nothing."""
        impressions.log_click(impression_id, choice.rank)

    return router
