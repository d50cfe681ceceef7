"""The applications of the spec, with names and addresses filled in."""

from __future__ import annotations

from midwatch.plan.model import AppJob
from midwatch.spec.model import Spec
from midwatch.spec.model.apps import App


def app_network_key(network: str) -> str:
    """Key of an app's network inside compose.yaml: apart from the stack's own networks, whatever it is called."""
    return f"app_{network}"


def app_jobs(spec: Spec) -> tuple[AppJob, ...]:
    """One job per app, in the order of the spec."""
    return tuple(_job(app, spec.workspace.default or spec.name) for app in spec.apps)


def _job(app: App, workspace: str) -> AppJob:
    address = f"{app.host or app.name}:{app.port}"
    health = app.health or ""
    return AppJob(
        name=app.name,
        job=f"app-{app.name}",
        address=address,
        metrics_path=app.metrics or "",
        health_url=f"http://{address}{health}" if health.startswith("/") else health,
        network=app.network or "",
        workspace=app.workspace or workspace,
        redis=app.redis,
        app=app,
    )
