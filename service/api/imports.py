"""`/api/v1/imports`: a community previews, publishes and undoes its lists, with its key."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Request, UploadFile

from service.api.authentication import Key
from service.api.dependencies import Imports
from service.api.problems import documented
from service.localisation.negotiation import language_of


def create_router() -> APIRouter:
    router = APIRouter(prefix="/imports", tags=["imports"])
    problems = documented(401, 403, 404, 409, 413, 422, 503)

    @router.post("", status_code=201, summary="Drop a list; nothing is published without `publish`", responses=problems)
    def create(
        request: Request,
        imports: Imports,
        key: Key,
        file: Annotated[UploadFile, File(description="CSV, XLSX, GeoJSON or JSON")],
        offered: Annotated[bool, Form(description="The hosts of these places agreed to offer them")] = False,
        publish: Annotated[bool, Form(description="Publish at once instead of a preview")] = False,
    ) -> dict[str, Any]:
        language = language_of(request)
        content = file.file.read(imports.limit_bytes + 1)
        preview = imports.preview(key, file.filename or "", content, offered=offered)
        if not publish:
            return {"token": preview.token, "published": False, **preview.report.to_dict(language)}
        report = imports.publish(key, preview.token)
        return {"token": None, "published": True, **report.to_dict(language)}

    @router.post("/{token}/publish", summary="Publish a list that was previewed", responses=problems)
    def publish_preview(
        request: Request, imports: Imports, key: Key, token: Annotated[str, Path(max_length=100)]
    ) -> dict[str, Any]:
        report = imports.publish(key, token)
        return {"token": None, "published": True, **report.to_dict(language_of(request))}

    @router.get("", summary="Lists the community has published", responses=problems)
    def imports(imports: Imports, key: Key) -> list[dict[str, Any]]:
        return imports.imports(key)

    @router.post("/{import_id}/undo", summary="Take back a published list, exactly", responses=problems)
    def undo(
        request: Request, imports: Imports, key: Key, import_id: Annotated[int, Path(ge=1, le=2**53)]
    ) -> dict[str, Any]:
        report = imports.undo(key, import_id)
        return report.to_dict(language_of(request))

    return router
