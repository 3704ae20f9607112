"""What is deployed, judged offline: by the schemas of Kubernetes, and by what matters to us."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from messaging.bridge.workers import WORKERS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/kubernetes"
VERSION = (ROOT / "VERSION").read_text().strip()
OVERLAYS = sorted(path.name for path in FOLDER.glob("overlays/*"))
OF_OTHERS = ("keda.sh", "monitoring.coreos.com", "gateway.networking.k8s.io", "argoproj.io", "kustomize.config.k8s.io")
"""API groups that are not Kubernetes' own, so not in its schemas."""

Thing = dict[str, Any]


def things(path: Path) -> list[Thing]:
    return [thing for thing in yaml.safe_load_all(path.read_text()) if thing]


def kustomization(folder: Path) -> Thing:
    return things(folder / "kustomization.yaml")[0]


def resources(folder: Path) -> Iterator[Thing]:
    """Everything an overlay, base or component brings, before patches."""
    made = kustomization(folder)
    for name in made.get("resources", []):
        path = folder / name
        yield from (resources(path) if path.is_dir() else things(path))
    for name in made.get("components", []):
        yield from resources(folder / name)


def patches(folder: Path) -> Iterator[Thing]:
    """The strategic merge patches of a folder and of what it is made of."""
    made = kustomization(folder)
    for patch in made.get("patches", []):
        yield from things(folder / patch["path"]) if "path" in patch else []
    for name in [*made.get("resources", []), *made.get("components", [])]:
        if (folder / name).is_dir():
            yield from patches(folder / name)


WHOLE = {
    (kind["kind"], kind["metadata"]["name"]): kind for one in OVERLAYS for kind in resources(FOLDER / "overlays" / one)
}
PODS = {name: thing["spec"]["template"] for name, thing in WHOLE.items() if name[0] in {"Deployment", "Job"}}
DEPLOYMENTS = [name for name in PODS if name[0] == "Deployment"]
CONTAINERS = {name: pod["spec"]["containers"][0] for name, pod in PODS.items()}


def pytest_ids(name: tuple[str, str]) -> str:
    return "-".join(name)


@pytest.mark.parametrize("name", WHOLE, ids=pytest_ids)
def test_it_is_valid_by_the_schemas_of_kubernetes(name: tuple[str, str]) -> None:
    thing = WHOLE[name]
    if not thing["apiVersion"].startswith(OF_OTHERS):
        kubernetes_validate.validate(thing, "1.37", strict=True)


def test_the_schemas_do_find_a_mistake() -> None:
    deployment = yaml.safe_load(yaml.safe_dump(WHOLE["Deployment", "web"]))
    deployment["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


def test_every_file_belongs_to_a_kustomization_and_every_name_exists() -> None:
    used = set()
    for path in FOLDER.rglob("kustomization.yaml"):
        made, folder = kustomization(path.parent), path.parent
        named = [*made.get("resources", []), *made.get("components", [])]
        named += [patch["path"] for patch in made.get("patches", []) if "path" in patch]
        for name in named:
            assert (folder / name).exists(), f"{path}: {name}"
            used.add((folder / name).resolve())
    found = {path.resolve() for path in FOLDER.rglob("*.yaml")} - {
        path.resolve() for path in FOLDER.rglob("kustomization.yaml")
    }
    assert found <= used


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_patches_change_something_that_is_there(overlay: str) -> None:
    folder = FOLDER / "overlays" / overlay
    here = {(thing["kind"], thing["metadata"]["name"]) for thing in resources(folder)}
    assert {(patch["kind"], patch["metadata"]["name"]) for patch in patches(folder)} <= here
    for patch in kustomization(folder).get("patches", []):
        if "target" in patch:
            assert (patch["target"]["kind"], patch["target"]["name"]) in here


@pytest.mark.parametrize("name", PODS, ids=pytest_ids)
def test_pods_have_no_rights_and_cannot_write_their_own_files(name: tuple[str, str]) -> None:
    pod, container = PODS[name]["spec"], CONTAINERS[name]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    inside = container["securityContext"]
    assert inside["allowPrivilegeEscalation"] is False
    assert inside["readOnlyRootFilesystem"] is True
    assert inside["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", DEPLOYMENTS, ids=pytest_ids)
def test_deployments_are_probed_and_given_time_to_drain(name: tuple[str, str]) -> None:
    pod, container = PODS[name]["spec"], CONTAINERS[name]
    ports = {port["name"] for port in container["ports"]}
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] in ports
    drain = float(WHOLE["ConfigMap", "chatsite"]["data"]["CHAT_DRAIN_S"])
    assert pod["terminationGracePeriodSeconds"] >= drain + 20
    assert WHOLE[name]["spec"]["selector"]["matchLabels"].items() <= PODS[name]["metadata"]["labels"].items()


def test_liveness_asks_no_dependency_and_the_probes_name_an_allowed_host() -> None:
    web = CONTAINERS["Deployment", "web"]
    assert web["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"
    hosts = WHOLE["ConfigMap", "chatsite"]["data"]["ALLOWED_HOSTS"].split(",")
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert web[probe]["httpGet"]["httpHeaders"][0]["value"] in hosts


def test_every_setting_that_is_named_exists() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    maps = [thing for path in FOLDER.rglob("*.yaml") for thing in things(path) if thing.get("kind") == "ConfigMap"]
    assert len(maps) >= 3
    for thing in maps:
        assert thing["data"].keys() <= documented


def test_commands_are_ours() -> None:
    commands = {path.stem for path in (ROOT / "messaging/management/commands").glob("*.py")} | {"migrate"}
    assert {container["args"][0] for container in CONTAINERS.values()} <= commands


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_has_the_version_of_this_code(overlay: str) -> None:
    folder = FOLDER / "overlays" / overlay
    tags = {image["name"]: image["newTag"] for image in kustomization(folder)["images"]}
    deployed = [thing for thing in resources(folder) if thing["kind"] in {"Deployment", "Job"}]
    assert {thing["spec"]["template"]["spec"]["containers"][0]["image"] for thing in deployed} == tags.keys()
    assert set(tags.values()) == {VERSION}


def test_what_selects_pods_selects_some() -> None:
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    for (kind, name), thing in WHOLE.items():
        if kind == "Service":
            wanted = thing["spec"]["selector"]
        elif kind == "PodDisruptionBudget":
            wanted = thing["spec"]["selector"]["matchLabels"]
        elif kind in {"NetworkPolicy", "PodMonitor"}:
            selector = thing["spec"].get("podSelector") or thing["spec"]["selector"]
            for one in selector.get("matchExpressions", []):
                assert set(one["values"]) <= {label[one["key"]] for label in labels}, name
            wanted = selector.get("matchLabels", {})
        else:
            continue
        assert any(wanted.items() <= label.items() for label in labels), (kind, name)


def test_the_canary_is_the_web_deployment_with_another_name_and_image() -> None:
    stable, canary = (things(FOLDER / path)[0] for path in ("base/web.yaml", "components/canary/web.yaml"))
    text = yaml.safe_dump(stable).replace("track: stable", "track: canary")
    text = text.replace("image: chatsite\n", "image: chatsite-canary\n")
    wanted = yaml.safe_load(text)
    wanted["metadata"]["name"], wanted["spec"]["replicas"] = "web-canary", 1
    assert canary == wanted
    rules = WHOLE["HTTPRoute", "chatsite"]["spec"]["rules"]
    backends = {one["name"]: one["weight"] for one in rules[0]["backendRefs"]}
    assert sum(backends.values()) == 100
    assert {("Service", name) for name in backends} <= WHOLE.keys()


def test_every_worker_is_deployed_and_only_those_that_must_reach_the_open_web() -> None:
    notifier = yaml.safe_dump(WHOLE["Deployment", "notifier"])
    for name in WORKERS:
        assert WHOLE["Deployment", name] == yaml.safe_load(notifier.replace("notifier", name))
    web = WHOLE["NetworkPolicy", "open-web"]["spec"]
    assert web["podSelector"]["matchExpressions"][0]["values"] == ["chatsite-previewer", "chatsite-webhooks"]
    private = [
        ipaddress.ip_network(one) for block in web["egress"][0]["to"] for one in block["ipBlock"].get("except", [])
    ]
    for address in ("10.1.2.3", "169.254.169.254", "192.168.0.1", "fd00::1"):
        assert any(ipaddress.ip_address(address) in network for network in private), address


def test_all_web_processes_share_what_people_upload() -> None:
    mounts = things(FOLDER / "components/media/mounts.yaml")
    image = (ROOT / "deploy/Dockerfile").read_text()
    assert {patch["metadata"]["name"] for patch in mounts} == {"web", "web-canary"}
    for patch in mounts:
        pod = patch["spec"]["template"]["spec"]
        [volume], [mount] = pod["volumes"], pod["containers"][0]["volumeMounts"]
        claim = WHOLE["PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]]
        assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
        assert pod["containers"][0]["name"] == CONTAINERS["Deployment", patch["metadata"]["name"]]["name"]
        # MEDIA_ROOT is `media` under VAR.
        assert f"VAR={mount['mountPath'].removesuffix('/media')} " in image


def test_scalers_scale_what_is_there() -> None:
    web = WHOLE["HorizontalPodAutoscaler", "web"]["spec"]
    assert ("Deployment", web["scaleTargetRef"]["name"]) in WHOLE
    assert web["metrics"][1]["pods"]["metric"]["name"] in (ROOT / "docs/metrics.md").read_text()
    bridge = WHOLE["ScaledObject", "bridge"]["spec"]
    assert ("Deployment", bridge["scaleTargetRef"]["name"]) in WHOLE
    lag = bridge["triggers"][0]["metadata"]
    settings = (ROOT / "docs/settings.md").read_text()
    assert f"| `KAFKA_GROUP` | `{lag['consumerGroup']}` |" in settings
    partitions = int(re.search(r"\| `KAFKA_PARTITIONS` \| `(\d+)`", settings)[1])  # type: ignore[index]
    assert bridge["maxReplicaCount"] <= partitions
    assert "replicas" in next(iter(kustomization(FOLDER / "overlays/prod")["patches"]))["patch"]


def test_scraped_jobs_have_the_names_that_alerts_know() -> None:
    jobs = {
        f"chatsite-{pod['metadata']['labels'].get('app.kubernetes.io/component')}"
        for (kind, _), pod in PODS.items()
        if kind == "Deployment"
    }
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    assert jobs == {scrape["job_name"] for scrape in config["scrape_configs"]}


def test_migrations_run_before_the_pods_and_argo_deploys_an_overlay_that_exists() -> None:
    waves = {
        name: int(thing["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0))
        for name, thing in WHOLE.items()
    }
    assert (
        max(waves["ConfigMap", "chatsite"], waves["ServiceAccount", "chatsite"], waves["NetworkPolicy", "stores"])
        < waves["Job", "migrate"]
    )
    assert waves["Job", "migrate"] < min(waves[name] for name in DEPLOYMENTS)
    source = things(ROOT / "deploy/argocd/application.yaml")[0]["spec"]["source"]
    assert (ROOT / source["path"] / "kustomization.yaml").exists()
    assert source["targetRevision"] == f"v{VERSION}"
