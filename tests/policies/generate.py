#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the policy cases of this directory. usage: generate.py   (then review the diff)

The expected tables come from `reaches` below, which asks the manifests themselves, one connection at a time, in the words of the API's
documentation: it shares nothing with the compiler that is tested.
"""
import ipaddress, json, os, re, shutil

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACES, NAMES = "xyz", "abc"
PODS = [f"{ns}/{name}" for ns in NAMESPACES for name in NAMES]


# ---- objects ---------------------------------------------------------------------------------------------------

def namespace(name, **labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"ns": name, **labels}}}


def pod(name, labels=None, ports=None):
    ns, local = name.split("/")
    ports = ports if ports is not None else [
        {"name": f"serve-{number}-{protocol.lower()}", "protocol": protocol, "containerPort": number}
        for number in (80, 81) for protocol in ("TCP", "UDP", "SCTP")]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": ns, "name": local, "labels": labels if labels is not None else {"pod": local}},
            "spec": {"containers": [{"name": "serve", "image": "serve", "ports": ports}]}}


def netpol(ns, name="policy", pods=None, types=None, ingress=None, egress=None, judge=None, shadow=None):
    spec = {"podSelector": pods or {}}
    if types is not None: spec["policyTypes"] = types
    if ingress is not None: spec["ingress"] = ingress
    if egress is not None: spec["egress"] = egress
    metadata = {"namespace": ns, "name": name}
    annotations = {key: value for key, value in (("demilune.dev/security-policy", judge), ("demilune.dev/shadow-security-policy", shadow)) if value}
    if annotations: metadata["annotations"] = annotations
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def inspol(ns, name="inspected", pods=None, types=None, ingress=None, egress=None, judge=None, shadow=None):
    spec = {"podSelector": pods or {}}
    if types is not None: spec["policyTypes"] = types
    if judge: spec["securityPolicy"] = judge
    if shadow: spec["shadowSecurityPolicy"] = shadow
    if ingress is not None: spec["ingress"] = ingress
    if egress is not None: spec["egress"] = egress
    return {"apiVersion": "demilune.dev/v1alpha1", "kind": "InspectionPolicy", "metadata": {"namespace": ns, "name": name}, "spec": spec}


def cluster(name, tier, priority, subject, ingress=None, egress=None):
    spec = {"tier": tier, "priority": priority, "subject": subject}
    if ingress is not None: spec["ingress"] = ingress
    if egress is not None: spec["egress"] = egress
    return {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": name}, "spec": spec}


def labels(**values): return {"matchLabels": values}
def expression(key, operator, *values):
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}
def expressions(*several): return {"matchExpressions": [one for each in several for one in expression(*each)["matchExpressions"]]}
def of(ns=None, pods=None):
    peer = {}
    if ns is not None: peer["namespaceSelector"] = ns
    if pods is not None: peer["podSelector"] = pods
    return peer
def block(cidr, *excepts): return {"ipBlock": {"cidr": cidr, **({"except": list(excepts)} if excepts else {})}}
def host(name): return name.split("=")[0].lower() if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z0-9-]+)+(=.*)?", name) else None
def address(name, v6): return (name.split("=") + [("198.51.100.1", "2001:db8::1")[v6]])[1] if host(name) else name
def is_named(pattern, name):
    pattern, told = pattern.lower().rstrip("."), host(name)
    return told is not None and (told.endswith(pattern[1:]) if pattern.startswith("*.") else told == pattern)
def port(number=None, protocol=None, end=None):
    made = {}
    if protocol: made["protocol"] = protocol
    if number is not None: made["port"] = number
    if end is not None: made["endPort"] = end
    return made


# ---- the meaning, one connection at a time -----------------------------------------------------------------------

def selects(selector, have):
    for key, value in (selector.get("matchLabels") or {}).items():
        if have.get(key) != value: return False
    for one in selector.get("matchExpressions") or []:
        key, values = one["key"], one.get("values") or []
        if not {"In": key in have and have[key] in values, "NotIn": have.get(key) not in values if key in have else True,
                "Exists": key in have, "DoesNotExist": key not in have}[one["operator"]]: return False
    return True


class World:
    def __init__(self): self.objects = {}

    def apply(self, manifest):
        meta = manifest["metadata"]
        self.objects[(manifest["kind"], meta.get("namespace", ""), meta["name"])] = manifest

    def delete(self, name):
        kind, rest = name.split(" ")
        ns, _, local = rest.rpartition("/")
        del self.objects[(kind, ns, local)]
        if kind == "Namespace":
            for key in [key for key in self.objects if key[1] == local]: del self.objects[key]

    def all(self, kind): return [one for key, one in sorted(self.objects.items()) if key[0] == kind]
    def pods(self): return [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in self.all("Pod")]
    def find(self, name): return self.objects.get(("Pod", *name.split("/"))) if "/" in name and not name[0].isdigit() else None

    def pod(self, name):
        """One with a network of its own: whoever has its node's is no pod to policies."""
        found = self.find(name)
        return None if found and found["spec"].get("hostNetwork") else found

    def node_address(self, name, v6):
        found = self.find(name)
        return next(one["ip"] for one in found["status"]["podIPs"] if (":" in one["ip"]) == v6) if found and not self.pod(name) else None

    def namespace_labels(self, ns):
        found = self.objects.get(("Namespace", "", ns))
        return {**(found["metadata"].get("labels") or {} if found else {}), **({"kubernetes.io/metadata.name": ns} if found else {})}

    def resolve(self, name, target, protocol):
        found = self.pod(target)
        if not found: return None
        for container in found["spec"]["containers"] + [one for one in found["spec"].get("initContainers", []) if one.get("restartPolicy") == "Always"]:
            for one in container.get("ports") or []:
                if one.get("name") == name and one.get("protocol", "TCP") == protocol: return one["containerPort"]
        return None

    def is_peer_pod(self, namespaces, pods, own, name):
        found = self.pod(name)
        if not found: return False
        ns = name.split("/")[0]
        if namespaces is None:
            if ns != own: return False
        elif not selects(namespaces, self.namespace_labels(ns)): return False
        return pods is None or selects(pods, found["metadata"].get("labels") or {})

    def in_cidr(self, cidr, name, v6):
        # ${x/a} stands for the one address of that pod
        if cidr.startswith("${"):
            host, _, length = cidr[2:].partition("}")
            assert length in ("/32", "/128", "")
            return host.removesuffix(":6") == name and host.endswith(":6") == v6
        network = ipaddress.ip_network(cidr, strict=False)
        if (network.version == 6) != v6: return False
        if self.pod(name):
            # every pod has an address of these, whichever; a case must not depend on more
            pods = ipaddress.ip_network("fd00:244::/64" if v6 else "10.244.0.0/16")
            if pods.subnet_of(network): return True
            assert not network.overlaps(pods), f"{cidr} cuts through the pods' network"
            return False
        return ipaddress.ip_address(self.node_address(name, v6) or address(name, v6)) in network

    # -- NetworkPolicy (and InspectionPolicy, which says the same)

    def np_peer(self, peer, own, name, v6):
        if "ipBlock" in peer:
            if "podSelector" in peer or "namespaceSelector" in peer: return False
            return self.in_cidr(peer["ipBlock"]["cidr"], name, v6) and not any(self.in_cidr(one, name, v6) for one in peer["ipBlock"].get("except") or [])
        if "podSelector" not in peer and "namespaceSelector" not in peer: return False
        return self.is_peer_pod(peer.get("namespaceSelector"), peer.get("podSelector"), own, name)

    def np_port(self, one, target, protocol, number):
        if one.get("protocol", "TCP") != protocol: return False
        wanted = one.get("port")
        if wanted is None: return "endPort" not in one
        if isinstance(wanted, str): return "endPort" not in one and self.resolve(wanted, target, protocol) == number
        return wanted <= number <= one.get("endPort", wanted)

    def np_allows(self, policy, rules, key, peer, target, protocol, number, v6):
        own, result = policy["metadata"]["namespace"], []
        for rule in rules or []:
            peers, ports = rule.get(key) or [], rule.get("ports") or []
            names = rule.get("toDomainNames") or []
            if (peers or names) and not any(self.np_peer(one, own, peer, v6) for one in peers) and not any(is_named(one, peer) for one in names): continue
            if ports and not any(self.np_port(one, target, protocol, number) for one in ports): continue
            result.append(rule)
        return result

    # -- ClusterNetworkPolicy

    def cnp_pods(self, selector, name):
        if "namespaces" in selector: return self.is_peer_pod(selector["namespaces"], None, None, name)
        if "pods" in selector: return self.is_peer_pod(selector["pods"].get("namespaceSelector") or {}, selector["pods"].get("podSelector") or {}, None, name)
        return False

    def cnp_peer(self, peer, name, v6):
        if "networks" in peer: return any(self.in_cidr(one, name, v6) for one in peer["networks"])
        if "domainNames" in peer: return any(is_named(one, name) for one in peer["domainNames"])
        if "nodes" in peer:
            return any(selects(peer["nodes"], node["metadata"].get("labels") or {}) and any(address["address"] == (self.node_address(name, v6) or name) for address in node["status"]["addresses"])
                       for node in self.all("Node"))
        return self.cnp_pods(peer, name)

    def cnp_port(self, one, target, protocol, number):
        if "destinationNamedPort" in one: return self.resolve(one["destinationNamedPort"], target, protocol) == number
        transport = one.get(protocol.lower())
        if transport is None: return False
        wanted = transport.get("destinationPort")
        if wanted is None: return True
        return wanted["number"] == number if "number" in wanted else wanted["range"]["start"] <= number <= wanted["range"]["end"]

    def tier(self, tier, subject, peer, target, direction, protocol, number, v6):
        policies = [one for one in self.all("ClusterNetworkPolicy") if one["spec"]["tier"] == tier and self.cnp_pods(one["spec"]["subject"], subject)]
        for policy in sorted(policies, key=lambda one: one["spec"]["priority"]):
            for rule in policy["spec"].get(direction) or []:
                peers, protocols = rule["from" if direction == "ingress" else "to"], rule.get("protocols") or []
                if any(self.cnp_peer(one, peer, v6) for one in peers) and (not protocols or any(self.cnp_port(one, target, protocol, number) for one in protocols)):
                    return rule["action"]
        return None

    def side(self, subject, peer, target, direction, protocol, number, v6):
        """(allowed, (judges, shadows)) of one end's policies."""
        judges, shadows = set(), set()
        if not self.pod(subject): return True, (judges, shadows)
        key, isolated, allowed = "from" if direction == "ingress" else "to", False, False
        for policy in self.all("NetworkPolicy") + self.all("InspectionPolicy"):
            spec, meta = policy["spec"], policy["metadata"]
            if meta["namespace"] != subject.split("/")[0] or not selects(spec.get("podSelector") or {}, self.pod(subject)["metadata"].get("labels") or {}): continue
            types = spec.get("policyTypes") or ["Ingress"] + (["Egress"] if spec.get("egress") else [])
            if direction.capitalize() not in types: continue
            isolated = True
            for rule in self.np_allows(policy, spec.get(direction), key, peer, target, protocol, number, v6):
                allowed = True
                for field, found in (("security", judges), ("shadow-security", shadows)):
                    own = "securityPolicy" if field == "security" else "shadowSecurityPolicy"
                    judge = rule.get(own) or spec.get(own) or (meta.get("annotations") or {}).get(f"demilune.dev/{field}-policy")
                    if judge: found.add(judge)
        admin = self.tier("Admin", subject, peer, target, direction, protocol, number, v6)
        if admin in ("Accept", "Deny"): return admin == "Accept", (judges, shadows)
        if isolated: return allowed, (judges, shadows)
        return self.tier("Baseline", subject, peer, target, direction, protocol, number, v6) != "Deny", (judges, shadows)

    def reaches(self, source, target, protocol, number, v6):
        allowed, judges, _ = self.judged(source, target, protocol, number, v6)
        return "X" if not allowed else "i" if judges else "."

    def judged(self, source, target, protocol, number, v6):
        """(allowed, judges, shadows): who counts, and who only tells what it would have done."""
        if source == target: return True, set(), set()
        out, leaving = self.side(source, target, target, "egress", protocol, number, v6)
        into, entering = self.side(target, source, target, "ingress", protocol, number, v6)
        judges, shadows = entering if self.pod(target) else leaving
        return out and into, judges, shadows - judges


# ---- cases -----------------------------------------------------------------------------------------------------

COUNT = {}


def show(value, indent):
    """Block YAML with flow collections where they are short."""
    flow = flowed(value)
    if len(flow) + indent < 130 or not isinstance(value, (dict, list)) or not value: return flow, True
    pad, lines = " " * indent, []
    if isinstance(value, dict):
        for key, one in value.items():
            text, inline = show(one, indent + 2)
            lines.append(f"{pad}{key}: {text}" if inline else f"{pad}{key}:\n{text}")
    else:
        for one in value:
            text, inline = show(one, indent + 2)
            lines.append(f"{pad}- {text}" if inline else f"{pad}- {text.lstrip()}")
    return "\n".join(lines), False


def flowed(value):
    if isinstance(value, dict): return "{" + ", ".join(f"{plain(key)}: {flowed(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list): return "[" + ", ".join(flowed(one) for one in value) + "]"
    return plain(value) if isinstance(value, str) else json.dumps(value)


def plain(text): return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9./_-]*", text) and text not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null") else json.dumps(text)


def case(family, name, about, *steps, ask=("TCP/80",), outside=(), base="three-by-three", families=None):
    """Each step is a dict with apply and delete; after each, everybody asks everybody."""
    world = World()
    for manifest in BASES[base]: world.apply(manifest)
    lines = [f"about: {json.dumps(about)}", f"base: {base}", "steps:"]
    for step in steps:
        prefix = "- "
        if step.get("delete"):
            for one in step["delete"]: world.delete(one)
            lines.append(f"{prefix}delete: [{', '.join(step['delete'])}]"); prefix = "  "
        if step.get("apply"):
            lines.append(f"{prefix}apply:"); prefix = "  "
            for manifest in step["apply"]:
                world.apply(manifest)
                text, inline = show(manifest, 4)
                lines.append(f"  - {text}" if inline else f"  - {text.lstrip()}")
        lines.append(f"{prefix}expect:")
        for on in step.get("ask", ask):
            protocol, number = on.split("/")
            tables = {v6: table(world, protocol, int(number), v6, [one for one in outside if (host(one) and "=" not in one) or (":" in one) == v6]) for v6 in (False, True)}
            if family == "judges": name_judges(lines, world, on, outside)
            if tables[False] == tables[True]: write(lines, on, None, tables[False])
            else:
                for v6 in (False, True):
                    if not families or (6 if v6 else 4) in families: write(lines, on, 6 if v6 else 4, tables[v6])
    directory = os.path.join(HERE, family)
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name + ".yaml")
    assert not os.path.exists(path), path
    with open(path, "w") as file: file.write("\n".join(lines) + "\n")
    COUNT[family] = COUNT.get(family, 0) + 1


def table(world, protocol, number, v6, outside):
    who = world.pods() + list(outside)
    width = max(len(one) for one in who)
    rows = [" " * (width + 1) + " ".join(who)]
    for source in who:
        if host(source): continue       # a name is looked up by who opens a connection
        cells = ["-" if source in outside and target in outside else world.reaches(source, target, protocol, number, v6) for target in who]
        rows.append(f"{source:{width}} " + " ".join(f"{cell:^{len(target)}}" for cell, target in zip(cells, who)).rstrip())
    return rows


def name_judges(lines, world, on, outside):
    """Each connection that anybody judges, and who does."""
    protocol, number = on.split("/")
    who = world.pods() + list(outside)
    for source in who:
        for target in who:
            if source in outside and target in outside: continue
            families = [6] if ":" in source + target else [4] if source in outside or target in outside else [4, 6]
            said = [world.judged(source, target, protocol, int(number), family == 6) for family in families]
            assert all(one == said[0] for one in said), "who judges depends on the family: ask for one"
            allowed, judges, shadows = said[0]
            if not allowed or not (judges or shadows): continue
            lines.append(f"  - {{on: {on}, from: {plain(source)}, to: {plain(target)}, is: {'inspected' if judges else 'allowed'}, "
                         f"by: [{', '.join(sorted(judges))}], shadows: [{', '.join(sorted(shadows))}]{'' if len(families) == 2 else f', families: {families}'}}}")


def write(lines, on, family, rows):
    lines.append(f"  - on: {on}")
    if family: lines.append(f"    families: [{family}]")
    lines.append("    table: |")
    lines.extend("      " + row for row in ["to" + rows[0][2:]] + rows[1:])


BASES = {
    "three-by-three": [namespace(ns) for ns in NAMESPACES] + [pod(one) for one in PODS],
    "two": [namespace("x"), namespace("y"), pod("x/a"), pod("x/b"), pod("y/a")],
    "odd-labels": [namespace("x"), namespace("y", team=""), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "w"}}, pod("x/a"), pod("x/b", {"pod": "b", "tier": ""}), pod("x/c", {}),
                   pod("y/a", {"pod": "A", "tier": "web"}), pod("y/b", {}), pod("w/a"), pod("w/b", {"app.kubernetes.io/name": "web"})],
    "with-a-host": [namespace("x"), namespace("y"), pod("x/a"), pod("x/b"), pod("y/a"),
                    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.10"}, {"type": "InternalIP", "address": "2001:db8:1::10"}]}},
                    {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "x", "name": "host", "labels": {"pod": "a", "role": "host"}}, "spec": {"hostNetwork": True, "nodeName": "n", "containers": []},
                     "status": {"podIPs": [{"ip": "192.0.2.10"}, {"ip": "2001:db8:1::10"}]}}],
}


def apply(*manifests): return {"apply": list(manifests)}
def both(direction, peers): return {"from" if direction == "ingress" else "to": peers}


def targets():
    selectors = {
        "all": {}, "by-label": labels(pod="a"), "by-in": expression("pod", "In", "a", "b"), "by-not-in": expression("pod", "NotIn", "a"),
        "by-exists": expression("pod", "Exists"), "by-absent": expression("pod", "DoesNotExist"), "by-missing-label": expression("tier", "Exists"),
        "by-not-in-of-a-missing-label": expression("tier", "NotIn", "web"), "none": labels(pod="none"),
        "by-both": {**labels(pod="a"), **expression("pod", "In", "a", "c")}, "by-contradiction": {**labels(pod="a"), **expression("pod", "NotIn", "a")},
    }
    for name, selector in selectors.items():
        for types in (["Ingress"], ["Egress"], ["Ingress", "Egress"]):
            case("targets", f"{name}-{'-'.join(types).lower()}", f"A policy without rules on pods selected {name.replace('-', ' ')} closes {' and '.join(types).lower()}",
                 apply(netpol("x", pods=selector, types=types)))


def peers():
    kinds = {
        "empty-list": [], "own-pod": [of(pods=labels(pod="b"))], "own-pods-in": [of(pods=expression("pod", "In", "a", "b"))],
        "own-pods-not-in": [of(pods=expression("pod", "NotIn", "b"))], "own-pods-exists": [of(pods=expression("pod", "Exists"))],
        "own-pods-absent": [of(pods=expression("pod", "DoesNotExist"))], "own-pods-all": [of(pods={})], "own-pods-none": [of(pods=labels(pod="none"))],
        "namespace": [of(labels(ns="y"))], "namespaces-in": [of(expression("ns", "In", "y", "z"))], "namespaces-not-in": [of(expression("ns", "NotIn", "x"))],
        "namespaces-exists": [of(expression("ns", "Exists"))], "namespaces-absent": [of(expression("ns", "DoesNotExist"))], "namespaces-all": [of({})],
        "namespace-by-its-name": [of({"matchLabels": {"kubernetes.io/metadata.name": "z"}})],
        "pod-in-a-namespace": [of(labels(ns="y"), labels(pod="b"))], "pod-in-two-namespaces": [of(expression("ns", "In", "y", "z"), labels(pod="b"))],
        "pod-in-all-namespaces": [of({}, labels(pod="b"))], "pods-in-other-namespaces": [of(expression("ns", "NotIn", "x"), expression("pod", "In", "a", "c"))],
        "all-pods-of-a-namespace": [of(labels(ns="y"), {})], "pod-in-no-namespace": [of(labels(ns="none"), labels(pod="a"))],
        "own-pod-or-namespace": [of(pods=labels(pod="b")), of(labels(ns="y"))], "two-pods-of-two-namespaces": [of(labels(ns="y"), labels(pod="a")), of(labels(ns="z"), labels(pod="c"))],
        "own-pod-or-the-same": [of(pods=labels(pod="b")), of(pods=labels(pod="b"))],
        "own-pods-not-in-of-a-missing-label": [of(pods=expression("tier", "NotIn", "web"))], "own-pods-by-two-expressions": [of(pods=expressions(("pod", "In", "a", "b", "c"), ("pod", "NotIn", "b")))],
        "own-pods-by-label-and-expression": [of(pods={**labels(pod="c"), **expression("pod", "Exists")})], "own-pods-by-contradiction": [of(pods={**labels(pod="c"), **expression("pod", "DoesNotExist")})],
        "namespaces-not-in-of-a-missing-label": [of(expression("team", "NotIn", "red"))], "namespaces-by-two-expressions": [of(expressions(("ns", "Exists"), ("ns", "NotIn", "y", "x")))],
        "namespaces-by-their-names": [of(expression("kubernetes.io/metadata.name", "In", "x", "z"))], "every-namespace-but-one-by-name": [of(expression("kubernetes.io/metadata.name", "NotIn", "y"))],
        "pods-by-expression-in-namespaces-by-expression": [of(expression("ns", "NotIn", "z"), expression("pod", "NotIn", "a"))],
        "own-namespace-by-its-label": [of(labels(ns="x"))], "three-peers": [of(pods=labels(pod="b")), of(labels(ns="y"), labels(pod="c")), of(labels(ns="z"), expression("pod", "In", "a", "b"))],
    }
    for name, list_ in kinds.items():
        for direction in ("ingress", "egress"):
            case("peers", f"{name}-{direction}", f"{direction.capitalize()} of x/a: {name.replace('-', ' ')}",
                 apply(netpol("x", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: [both(direction, list_)]})))


def odd_labels():
    """Namespaces and pods without labels, with empty values, with prefixed keys."""
    key = "app.kubernetes.io/name"
    selectors = {
        "absent": expression("pod", "DoesNotExist"), "not-in": expression("pod", "NotIn", "a"), "an-empty-value": labels(tier=""), "in-an-empty-value": expression("tier", "In", "", "web"),
        "not-in-an-empty-value": expression("tier", "NotIn", ""), "exists-with-an-empty-value": expression("tier", "Exists"), "a-key-with-a-prefix": labels(**{key: "web"}),
        "a-key-without-its-prefix": labels(name="web"), "a-value-in-other-letters": labels(pod="A"), "everything": {},
    }
    for name, selector in selectors.items():
        for direction in ("ingress", "egress"):
            case("labels", f"pods-{name}-{direction}", f"{direction.capitalize()} of x/a and pods of every namespace: {name.replace('-', ' ')}",
                 apply(netpol("x", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: [both(direction, [of({}, selector)])]})), base="odd-labels")
        case("labels", f"subjects-{name}", f"A policy that closes pods of x: {name.replace('-', ' ')}", apply(netpol("x", pods=selector)), base="odd-labels")
    spaces = {
        "absent": expression("ns", "DoesNotExist"), "not-in": expression("ns", "NotIn", "x"), "an-empty-value": labels(team=""), "exists": expression("team", "Exists"),
        "by-its-name": {"matchLabels": {"kubernetes.io/metadata.name": "w"}}, "everything": {}, "all-but-by-name": expression("kubernetes.io/metadata.name", "NotIn", "w", "x"),
    }
    for name, selector in spaces.items():
        for direction in ("ingress", "egress"):
            case("labels", f"namespaces-{name}-{direction}", f"{direction.capitalize()} of x and namespaces: {name.replace('-', ' ')}",
                 apply(netpol("x", types=[direction.capitalize()], **{direction: [both(direction, [of(selector)])]})), base="odd-labels")
            case("labels", f"tier-namespaces-{name}-{direction}", f"Admin: Deny {direction} of x and namespaces: {name.replace('-', ' ')}",
                 apply(cluster("deny", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, "Deny", [{"namespaces": selector}])]})), base="odd-labels")


def host_network():
    """Pods with their node's network: no policy is theirs, no selector means them; to others they are their node's address."""
    a, outside = labels(pod="a"), ()
    kinds = {
        "deny-all": netpol("x"), "its-own-labels-select-it-as-a-target": netpol("x", pods=labels(role="host"), types=["Ingress", "Egress"]),
        "all-pods-of-its-namespace": netpol("x", pods=a, ingress=[{"from": [of(pods={})]}]), "its-label": netpol("x", pods=a, ingress=[{"from": [of(pods=labels(role="host"))]}]),
        "its-label-in-every-namespace": netpol("x", pods=a, ingress=[{"from": [of({}, labels(role="host"))]}]), "its-nodes-address": netpol("x", pods=a, ingress=[{"from": [block("192.0.2.10/32"), block("2001:db8:1::10/128")]}]),
        "all-addresses-but-its-nodes": netpol("x", pods=a, ingress=[{"from": [block("0.0.0.0/0", "192.0.2.10/32"), block("::/0", "2001:db8:1::10/128")]}]),
        "everybody": netpol("x", pods=a, ingress=[{}]), "egress-to-its-label": netpol("x", pods=a, types=["Egress"], egress=[{"to": [of({}, labels(role="host"))]}]),
        "egress-to-its-nodes-address": netpol("x", pods=a, types=["Egress"], egress=[{"to": [block("192.0.2.0/24"), block("2001:db8:1::/64")]}]),
        "admin-denies-its-namespace": cluster("deny", "Admin", 1, EVERY, ingress=[rule("ingress", "Deny", [NS(ns="x")])]),
        "admin-accepts-nodes": cluster("nodes", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [{"nodes": {}}]), rule("egress", "Deny", [EVERY, {"networks": ["0.0.0.0/0", "::/0"]}])]),
    }
    for name, policy in kinds.items(): case("hostnetwork", name, f"A hostNetwork pod; {name.replace('-', ' ')}", apply(policy), outside=outside, base="with-a-host")


def blocks():
    outside = ("203.0.113.7", "198.51.100.9", "2001:db8::7")
    kinds = {
        "everything-v4": [block("0.0.0.0/0")], "everything-v6": [block("::/0")], "both-families": [block("0.0.0.0/0"), block("::/0")],
        "a-pod": [block("${x/b}/32")], "a-pod-v6": [block("${y/a:6}/128")], "two-pods": [block("${x/b}/32"), block("${y/c}/32")],
        "everything-but-a-pod": [block("0.0.0.0/0", "${y/a}/32")], "everything-but-two-pods": [block("0.0.0.0/0", "${y/a}/32", "${z/c}/32")],
        "everything-but-three-pods-v6": [block("::/0", "${y/a:6}/128", "${y/b:6}/128", "${z/c:6}/128")],
        "the-pod-network": [block("10.244.0.0/16"), block("fd00:244::/64")], "everything-but-the-pod-network": [block("0.0.0.0/0", "10.244.0.0/16")],
        "outside-only": [block("203.0.113.0/24")], "outside-with-exceptions": [block("203.0.0.0/8", "203.0.113.0/24"), block("198.51.100.0/24")],
        "an-exception-given-back-by-another-block": [block("0.0.0.0/0", "${y/a}/32"), block("${y/a}/32")],
        "a-block-or-a-namespace": [block("203.0.113.0/24"), of(labels(ns="z"))], "host-bits": [block("203.0.113.77/24")],
        "everything-v6-but-the-pod-network": [block("::/0", "fd00:244::/64")], "both-families-but-a-pod-each": [block("0.0.0.0/0", "${x/b}/32"), block("::/0", "${y/c:6}/128")],
        "exceptions-in-each-other": [block("0.0.0.0/0", "203.0.0.0/8", "203.0.113.0/24", "${y/a}/32")], "exceptions-side-by-side": [block("203.0.112.0/22", "203.0.112.0/24", "203.0.113.0/25")],
        "exceptions-that-are-all-of-it": [block("203.0.113.0/24", "203.0.113.0/25", "203.0.113.128/25")], "halves": [block("0.0.0.0/1"), block("128.0.0.0/1"), block("::/1"), block("8000::/1")],
        "v6-with-exceptions-in-each-other": [block("2001:db8::/32", "2001:db8::/64", "2001:db8::/48")], "v6-outside-with-an-exception-beside": [block("2001:db8::/32", "2001:db8:1::/48")],
        "another-block-gives-back-a-part": [block("203.0.0.0/8", "203.0.113.0/24"), block("203.0.113.0/28")], "four-exceptions-of-pods": [block("0.0.0.0/0", *[f"${{{one}}}/32" for one in ("x/b", "y/a", "y/b", "z/c")])],
    }
    for name, list_ in kinds.items():
        for direction in ("ingress", "egress"):
            case("blocks", f"{name}-{direction}", f"{direction.capitalize()} of x/a: {name.replace('-', ' ')}",
                 apply(netpol("x", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: [both(direction, list_)]})), outside=outside)
    asked = ("TCP/80", "TCP/81", "UDP/80", "SCTP/80")
    for direction in ("ingress", "egress"):
        one = lambda *rules: netpol("x", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: list(rules)})
        case("blocks", f"a-block-on-one-port-{direction}", "A block goes with its rule's ports", apply(one({**both(direction, [block("0.0.0.0/0", "${y/a}/32")]), "ports": [port(80)]})), ask=asked, outside=outside)
        case("blocks", f"a-block-on-a-range-and-another-on-sctp-{direction}", "Each block has its rule's ports",
             apply(one({**both(direction, [block("${y/b}/32"), block("${y/b:6}/128")]), "ports": [port(80, end=81)]}, {**both(direction, [block("::/0", "${y/b:6}/128")]), "ports": [port(80, "SCTP")]})), ask=asked, outside=outside)
        case("blocks", f"two-policies-with-crossing-exceptions-{direction}", "What one policy excepts the other allows",
             apply(netpol("x", "one", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: [both(direction, [block("0.0.0.0/0", "${y/a}/32", "${y/b}/32")])]}),
                   netpol("x", "two", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: [both(direction, [block("0.0.0.0/0", "${y/b}/32", "${z/a}/32")])]})), outside=outside)


def ports():
    kinds = {
        "absent": None, "empty": [], "tcp-80": [port(80, "TCP")], "default-protocol": [port(80)], "udp-80": [port(80, "UDP")], "sctp-80": [port(80, "SCTP")],
        "all-tcp": [port(protocol="TCP")], "all-udp": [port(protocol="UDP")], "all-sctp": [port(protocol="SCTP")], "all-of-the-default": [port()],
        "both-numbers": [port(80, "TCP"), port(81, "TCP")], "two-protocols": [port(80, "TCP"), port(81, "UDP")], "named-tcp": [port("serve-81-tcp", "TCP")],
        "named-udp": [port("serve-80-udp", "UDP")], "named-sctp": [port("serve-81-sctp", "SCTP")], "named-of-another-protocol": [port("serve-80-udp", "TCP")],
        "named-unknown": [port("nobody", "TCP")], "range": [port(80, "TCP", 81)], "range-of-one": [port(81, "TCP", 81)], "range-below": [port(1, "TCP", 80)],
        "range-above": [port(81, "TCP", 65535)], "range-udp": [port(80, "UDP", 90)], "range-and-number": [port(70, "TCP", 80), port(81, "TCP")],
        "number-and-named": [port(80, "TCP"), port("serve-81-udp", "UDP")], "overlapping-ranges": [port(75, "TCP", 80), port(78, "TCP", 85)],
        "range-sctp": [port(80, "SCTP", 81)], "range-of-one-sctp": [port(80, "SCTP", 80)], "every-port-by-number": [port(1, "TCP", 65535)], "ranges-of-three-protocols": [port(80, "TCP", 80), port(81, "UDP", 90), port(70, "SCTP", 80)],
        "one-number-of-three-protocols": [port(80, "TCP"), port(80, "UDP"), port(80, "SCTP")], "named-of-three-protocols": [port("serve-80-tcp"), port("serve-80-udp", "UDP"), port("serve-80-sctp", "SCTP")],
        "named-sctp-taken-for-tcp": [port("serve-80-sctp")], "all-udp-and-a-number": [port(protocol="UDP"), port(81)], "the-same-twice": [port(80), port(80, "TCP")],
        "named-in-a-range": [port("serve-81-tcp"), port(70, "TCP", 80)], "ranges-that-touch": [port(79, "TCP", 80), port(81, "TCP", 82)], "the-highest": [port(65535, "TCP")],
    }
    for name, list_ in kinds.items():
        for direction in ("ingress", "egress"):
            rule = both(direction, [of({})])
            if list_ is not None: rule["ports"] = list_
            case("ports", f"{name}-{direction}", f"{direction.capitalize()} of x/a, ports: {name.replace('-', ' ')}",
                 apply(netpol("x", pods=labels(pod="a"), types=[direction.capitalize()], **{direction: [rule]})),
                 ask=("TCP/80", "TCP/81", "UDP/80", "UDP/81", "SCTP/80", "SCTP/81"))
    web = lambda number: [{"name": "web", "protocol": "TCP", "containerPort": number}]
    case("ports", "a-name-that-means-another-number-on-each-pod-ingress", "A named port is what each selected pod says it is",
         apply(pod("x/a", ports=web(80)), pod("x/b", ports=web(81)), pod("x/c", ports=[]), netpol("x", ingress=[{"ports": [port("web")]}])), ask=("TCP/80", "TCP/81"))
    case("ports", "a-name-that-means-another-number-on-each-pod-egress", "A named port of egress is what each peer says it is",
         apply(pod("y/a", ports=web(80)), pod("y/b", ports=web(81)), pod("y/c", ports=[]),
               netpol("x", types=["Egress"], egress=[{"to": [of(labels(ns="y"))], "ports": [port("web")]}])), ask=("TCP/80", "TCP/81"))
    case("ports", "a-name-that-means-two-protocols", "A name means a number per protocol",
         apply(pod("x/a", ports=[{"name": "dns", "protocol": "UDP", "containerPort": 80}, {"name": "dns", "protocol": "TCP", "containerPort": 81}]),
               netpol("x", pods=labels(pod="a"), ingress=[{"ports": [port("dns", "UDP")]}])), ask=("UDP/80", "TCP/81", "TCP/80", "UDP/81"))
    many = lambda tcp, udp, sctp: [{"name": "main", "protocol": protocol, "containerPort": number} for protocol, number in (("TCP", tcp), ("UDP", udp), ("SCTP", sctp))]
    every = ("TCP/80", "TCP/81", "UDP/80", "UDP/81", "SCTP/80", "SCTP/81")
    for direction in ("ingress", "egress"):
        of_x = apply(pod("x/a", ports=many(80, 81, 80)), pod("x/b", ports=many(81, 80, 81)), pod("y/a", ports=many(81, 81, 80)), pod("y/b", ports=many(80, 80, 81)),
                     netpol("x", types=[direction.capitalize()], **{direction: [{**both(direction, [of({})]), "ports": [port("main", "UDP"), port("main", "SCTP")]}]}))
        case("ports", f"a-name-of-three-protocols-on-each-pod-{direction}", "A name is another number for each protocol and each pod", of_x, ask=every)
        case("ports", f"a-name-and-a-number-on-each-pod-{direction}", "A name beside a number",
             apply(pod("x/a", ports=web(81)), pod("x/b", ports=[]), pod("y/a", ports=web(81)), pod("y/b", ports=web(82)),
                   netpol("x", types=[direction.capitalize()], **{direction: [{**both(direction, [of({})]), "ports": [port("web"), port(80)]}]})), ask=("TCP/80", "TCP/81", "TCP/82"))
        case("ports", f"a-name-for-some-peers-{direction}", "A name for one namespace, a number for another",
             apply(pod("y/a", ports=web(81)), pod("x/a", ports=web(81)),
                   netpol("x", types=[direction.capitalize()], **{direction: [{**both(direction, [of(labels(ns="y"))]), "ports": [port("web")]}, {**both(direction, [of(labels(ns="z"))]), "ports": [port(80)]}]})), ask=("TCP/80", "TCP/81"))
    side_car = {**pod("x/a", ports=[]), "spec": {"containers": [{"name": "serve", "image": "serve"}], "initContainers": [
        {"name": "car", "image": "car", "restartPolicy": "Always", "ports": web(80)}, {"name": "once", "image": "once", "ports": [{"name": "once", "protocol": "TCP", "containerPort": 81}]}]}}
    case("ports", "a-name-of-a-side-car", "A container beside the others names ports too; one that runs before them does not", apply(side_car, netpol("x", pods=labels(pod="a"), ingress=[{"ports": [port("web"), port("once")]}])), ask=("TCP/80", "TCP/81"))
    case("ports", "a-name-in-the-second-container", "Every container names ports", apply(
        {**pod("x/a", ports=[]), "spec": {"containers": [{"name": "one", "image": "one", "ports": web(81)}, {"name": "two", "image": "two", "ports": [{"name": "api", "containerPort": 80}]}]}},
        netpol("x", pods=labels(pod="a"), ingress=[{"ports": [port("api")]}])), ask=("TCP/80", "TCP/81"))
    case("ports", "a-name-to-everybody-egress", "A named port without peers is what whoever is reached says it is",
         apply(pod("y/a", ports=web(81)), netpol("x", types=["Egress"], egress=[{"ports": [port("web")]}])), ask=("TCP/80", "TCP/81"))


def rules():
    y, b = of(labels(ns="y")), of(pods=labels(pod="b"))
    for types_name, types in {"types-absent": None, "types-ingress": ["Ingress"], "types-egress": ["Egress"], "types-both": ["Ingress", "Egress"]}.items():
        for rules_name, given in {
            "no-rules": {}, "empty-lists": {"ingress": [], "egress": []}, "ingress-rule": {"ingress": [{"from": [y]}]}, "egress-rule": {"egress": [{"to": [y]}]},
            "both-rules": {"ingress": [{"from": [y]}], "egress": [{"to": [b]}]}, "empty-rules": {"ingress": [{}], "egress": [{}]},
        }.items():
            case("rules", f"{types_name}-{rules_name}", f"policyTypes: {types_name[6:]}; {rules_name.replace('-', ' ')}", apply(netpol("x", pods=labels(pod="a"), types=types, **given)))
    asked = ("TCP/80", "TCP/81", "UDP/80")
    case("rules", "each-rule-has-its-own-ports", "A peer of one rule does not get the ports of another",
         apply(netpol("x", pods=labels(pod="a"), ingress=[{"from": [y], "ports": [port(80)]}, {"from": [b], "ports": [port(81)]}])), ask=asked)
    case("rules", "ports-only-beside-peers-only", "Everybody on one port, one on every port",
         apply(netpol("x", pods=labels(pod="a"), ingress=[{"ports": [port(80)]}, {"from": [b]}])), ask=asked)
    case("rules", "an-empty-rule-beside-others", "An empty rule allows everything, whatever stands beside it",
         apply(netpol("x", pods=labels(pod="a"), ingress=[{"from": [y], "ports": [port(80)]}, {}])), ask=asked)
    case("rules", "rules-that-overlap", "Overlapping rules add up",
         apply(netpol("x", pods=labels(pod="a"), ingress=[{"from": [of({})], "ports": [port(80)]}, {"from": [y], "ports": [port(80), port(81)]}])), ask=asked)


def conflicts():
    a, y = labels(pod="a"), of(labels(ns="y"))
    deny_in, deny_out = netpol("x", "deny-in"), netpol("x", "deny-out", types=["Egress"])
    pairs = {
        "deny-all-and-allow-all-ingress": [deny_in, netpol("x", "allow", ingress=[{}])],
        "deny-all-and-allow-all-egress": [deny_out, netpol("x", "allow", types=["Egress"], egress=[{}])],
        "deny-all-and-allow-one": [deny_in, netpol("x", "allow", pods=a, ingress=[{"from": [y]}])],
        "deny-all-both-and-allow-ingress-only": [netpol("x", "deny", types=["Ingress", "Egress"]), netpol("x", "allow", ingress=[{}])],
        "two-allows-add-up": [netpol("x", "one", pods=a, ingress=[{"from": [y]}]), netpol("x", "two", pods=a, ingress=[{"from": [of(pods=labels(pod="b"))]}])],
        "two-ports-add-up": [netpol("x", "one", pods=a, ingress=[{"ports": [port(80)]}]), netpol("x", "two", pods=a, ingress=[{"ports": [port(81)]}])],
        "the-same-twice": [netpol("x", "one", pods=a, ingress=[{"from": [y]}]), netpol("x", "two", pods=a, ingress=[{"from": [y]}])],
        "one-side-allows-the-other-denies": [netpol("x", "out", types=["Egress"], egress=[{"to": [y]}]), netpol("y", "in")],
        "both-sides-allow": [netpol("x", "out", types=["Egress"], egress=[{"to": [y]}]), netpol("y", "in", ingress=[{"from": [of(labels(ns="x"))]}])],
        "sides-that-allow-different-ports": [netpol("x", "out", types=["Egress"], egress=[{"ports": [port(80)]}]), netpol("y", "in", ingress=[{"ports": [port(81)]}])],
        "every-namespace-denies": [netpol(ns, "deny") for ns in NAMESPACES],
        "every-namespace-denies-both": [netpol(ns, "deny", types=["Ingress", "Egress"]) for ns in NAMESPACES],
        "every-namespace-only-within-itself": [netpol(ns, "within", ingress=[{"from": [of(pods={})]}]) for ns in NAMESPACES],
        "every-namespace-only-without-itself": [netpol(ns, "without", ingress=[{"from": [of(expression("ns", "NotIn", ns))]}]) for ns in NAMESPACES],
        "egress-to-a-namespace-that-denies-one-pod": [netpol("x", "out", types=["Egress"], egress=[{"to": [y]}]), netpol("y", "in", pods=a)],
        "ingress-policies-on-different-pods": [netpol("x", "one", pods=a, ingress=[{"from": [y]}]), netpol("x", "two", pods=labels(pod="b"), ingress=[{"from": [of(labels(ns="z"))]}])],
        "a-broad-and-a-narrow-selector": [netpol("x", "broad", ingress=[{"from": [y]}]), netpol("x", "narrow", pods=a, ingress=[{"from": [of(labels(ns="z"))]}])],
        "a-block-excludes-what-a-selector-allows": [netpol("x", "one", pods=a, ingress=[{"from": [block("0.0.0.0/0", "${y/a}/32")]}]),
                                                    netpol("x", "two", pods=a, ingress=[{"from": [of(labels(ns="y"), a)]}])],
        "egress-dns-only": [netpol("x", "deny", types=["Egress"]), netpol("x", "dns", types=["Egress"], egress=[{"ports": [port(80, "UDP")]}])],
        "same-name-in-two-namespaces": [netpol("x", "policy", pods=a), netpol("y", "policy", pods=labels(pod="b"))],
    }
    for name, list_ in pairs.items():
        case("conflicts", name, name.replace("-", " ").capitalize(), apply(*list_), ask=("TCP/80", "TCP/81", "UDP/80"))
        case("conflicts", name + "-reversed", name.replace("-", " ").capitalize() + ", applied in the other order", apply(*reversed(list_)), ask=("TCP/80",))


def actions():
    a, allow_y = labels(pod="a"), netpol("x", pods=labels(pod="a"), ingress=[{"from": [of(labels(ns="y"))]}])
    only_b = netpol("x", pods=a, ingress=[{"from": [of(pods=labels(pod="b"))]}])
    out_y = netpol("x", pods=a, types=["Egress"], egress=[{"to": [of(labels(ns="y"))]}])
    case("actions", "create-and-delete-a-policy", "A policy holds from when it is there until it is gone", apply(), apply(only_b), {"delete": ["NetworkPolicy x/policy"]})
    case("actions", "update-a-policys-peers", "A changed policy holds at once", apply(only_b), apply(allow_y), apply(only_b))
    case("actions", "update-a-policys-ports", "A changed port holds at once", apply(netpol("x", ingress=[{"ports": [port(80)]}])), apply(netpol("x", ingress=[{"ports": [port(81)]}])), ask=("TCP/80", "TCP/81"))
    case("actions", "update-a-policys-target", "A changed target holds at once", apply(netpol("x", pods=a)), apply(netpol("x", pods=labels(pod="b"))), apply(netpol("x")))
    case("actions", "update-a-policys-types", "A changed type holds at once", apply(netpol("x", pods=a, types=["Ingress"])), apply(netpol("x", pods=a, types=["Egress"])), apply(netpol("x", pods=a, types=["Ingress", "Egress"])))
    case("actions", "a-peer-gets-the-label", "A pod that gets a peer's label is one", apply(only_b), apply(pod("x/c", {"pod": "b"})), apply(pod("x/c")))
    case("actions", "a-peer-loses-the-label", "A pod that loses a peer's label is none", apply(only_b), apply(pod("x/b", {})), apply(pod("x/b")))
    case("actions", "a-target-gets-the-label", "A pod that gets the target's label is isolated", apply(only_b), apply(pod("x/c", {"pod": "a"})))
    case("actions", "a-target-loses-the-label", "A pod that loses the target's label is free", apply(only_b), apply(pod("x/a", {"pod": "free"})))
    case("actions", "an-egress-target-gets-the-label", "Likewise for egress", apply(out_y), apply(pod("x/b", {"pod": "a"})), apply(pod("x/b")))
    case("actions", "a-namespace-gets-the-label", "A namespace that gets a peer's label is one", apply(allow_y), apply(namespace("z", ns="y")), apply(namespace("z")))
    case("actions", "a-namespace-loses-the-label", "A namespace that loses a peer's label is none", apply(allow_y), apply(namespace("y", ns="other")), apply(namespace("y")))
    case("actions", "a-namespace-gets-another-label", "A label that nobody asks for changes nothing", apply(allow_y), apply(namespace("y", team="red")))
    case("actions", "not-in-a-namespace-that-changes", "NotIn follows labels too", apply(netpol("x", ingress=[{"from": [of(expression("team", "NotIn", "red"))]}])), apply(namespace("y", team="red")), apply(namespace("y", team="blue")))
    case("actions", "recreate-a-peer", "A pod that is deleted and made anew with the same labels is a peer again", apply(only_b), {"delete": ["Pod x/b"]}, apply(pod("x/b")))
    case("actions", "recreate-a-peer-otherwise", "A pod made anew without the label gets nothing of the old one's", apply(only_b), {"delete": ["Pod x/b"]}, apply(pod("x/b", {"pod": "other"})))
    case("actions", "recreate-a-target", "A target made anew is isolated from its first packet", apply(only_b), {"delete": ["Pod x/a"]}, apply(pod("x/a")))
    case("actions", "recreate-a-target-otherwise", "A target made anew without the label is free", apply(only_b), {"delete": ["Pod x/a"]}, apply(pod("x/a", {"pod": "free"})))
    case("actions", "recreate-a-pod-with-another-port", "A named port follows the pod that is made anew",
         apply(netpol("x", pods=a, ingress=[{"ports": [port("serve-80-tcp")]}])), {"delete": ["Pod x/a"]},
         apply(pod("x/a", ports=[{"name": "serve-80-tcp", "protocol": "TCP", "containerPort": 81}])), ask=("TCP/80", "TCP/81"))
    case("actions", "swap-addresses", "Who gets another's address gets none of its rights", apply(only_b), {"delete": ["Pod x/b", "Pod x/c"]}, apply(pod("x/c")), apply(pod("x/b")))
    case("actions", "a-pod-is-added", "A new pod finds the policies that select it", apply(netpol("x", ingress=[{"from": [of(pods={})]}])), apply(pod("x/d")), apply(pod("y/d")))
    case("actions", "a-peer-is-added", "A new pod is the peer that policies waited for", apply(netpol("x", ingress=[{"from": [of({}, labels(role="client"))]}])), apply(pod("z/d", {"role": "client"})))
    case("actions", "a-namespace-is-added", "A new namespace is the peer that policies waited for", apply(netpol("x", ingress=[{"from": [of(labels(team="red"))]}])), apply(namespace("w", team="red"), pod("w/a")))
    case("actions", "a-policy-before-its-pods", "A policy may come before whom it selects", apply(netpol("x", pods=labels(pod="late"))), apply(pod("x/late")))
    case("actions", "a-namespace-is-deleted", "Pods and policies go with their namespace", apply(allow_y, netpol("y", "deny")), {"delete": ["Namespace y"]}, apply(namespace("y"), pod("y/a")))
    case("actions", "policies-one-by-one", "Each step adds or takes what it says", apply(netpol("x", "deny", types=["Ingress", "Egress"])), apply(netpol("x", "in", ingress=[{"from": [of(labels(ns="y"))]}])),
         apply(netpol("x", "out", types=["Egress"], egress=[{"to": [of(labels(ns="z"))]}])), {"delete": ["NetworkPolicy x/deny"]}, {"delete": ["NetworkPolicy x/in"]}, {"delete": ["NetworkPolicy x/out"]})
    case("actions", "from-open-to-closed-to-open", "Open, closed, open", apply(netpol("x", ingress=[{}])), apply(netpol("x")), apply(netpol("x", ingress=[{}])), ask=("TCP/80", "UDP/81"))
    case("actions", "policies-go-before-their-pods", "Where somebody deletes a namespace's policies first, its pods are what the others leave them: nothing of a policy that is gone stays, and the other side's holds",
         apply(netpol("y", "deny"), netpol("y", "out", types=["Egress"]), only_b), {"delete": ["NetworkPolicy y/deny"]}, {"delete": ["NetworkPolicy y/out"]}, {"delete": ["Pod y/a", "Pod y/b", "Pod y/c"]}, {"delete": ["Namespace y"]})
    case("actions", "an-admins-denial-outlasts-a-namespaces-policies", "What an administrator says holds until the last pod of a namespace is gone, whatever goes before",
         apply(cluster("guard", "Admin", 1, NS(ns="y"), ingress=[rule("ingress", "Deny", [NS(ns="z")])]), netpol("y", "deny")), {"delete": ["NetworkPolicy y/deny"]}, {"delete": ["Pod y/a"]}, {"delete": ["Namespace y"]}, apply(namespace("y"), pod("y/b")))
    case("actions", "pods-before-policies", "Policies may come after whom they select", apply(pod("x/late"), pod("y/late")), apply(netpol("x", pods=labels(pod="late"), ingress=[{"from": [of({}, labels(pod="late"))]}])))
    case("actions", "policies-before-everything", "Policies may come before their namespaces' pods, peers and labels",
         apply(netpol("w", pods=labels(pod="a"), ingress=[{"from": [of(labels(team="red"))]}])), apply(namespace("w")), apply(pod("w/a"), pod("w/b")), apply(namespace("z", team="red")))
    case("actions", "a-namespace-is-made-anew-otherwise", "A namespace that is made anew with other labels is another peer", apply(allow_y), {"delete": ["Namespace y"]}, apply(namespace("y", ns="other"), pod("y/a")), apply(namespace("y")))
    case("actions", "a-pod-moves-between-two-policies", "A label moves a target from one policy to another",
         apply(netpol("x", "one", pods=labels(role="one"), ingress=[{"from": [of(labels(ns="y"))]}]), netpol("x", "two", pods=labels(role="two"), ingress=[{"from": [of(labels(ns="z"))]}])),
         apply(pod("x/a", {"role": "one"})), apply(pod("x/a", {"role": "two"})), apply(pod("x/a", {"role": "both"})), apply(pod("x/a")))
    case("actions", "a-label-that-two-policies-see", "One label makes a pod a target of one and a peer of another policy",
         apply(netpol("x", "in", pods=labels(role="db"), ingress=[{"from": [of(labels(ns="y"))]}]), netpol("x", "out", pods=a, types=["Egress"], egress=[{"to": [of(pods=labels(role="db"))]}])), apply(pod("x/b", {"role": "db"})), apply(pod("x/b")))
    case("actions", "a-range-grows-and-shrinks", "Ports follow their policy", apply(netpol("x", ingress=[{"ports": [port(80, "TCP", 80)]}])), apply(netpol("x", ingress=[{"ports": [port(80, "TCP", 81)]}])),
         apply(netpol("x", ingress=[{"ports": [port(81, "TCP", 82)]}])), ask=("TCP/80", "TCP/81", "TCP/82"))
    case("actions", "a-protocol-changes", "TCP, then SCTP, then UDP", *[apply(netpol("x", ingress=[{"ports": [port(80, protocol)]}])) for protocol in ("TCP", "SCTP", "UDP")], ask=("TCP/80", "UDP/80", "SCTP/80"))
    case("actions", "exceptions-come-and-go", "Exceptions follow their policy", *[apply(netpol("x", pods=a, ingress=[{"from": [block("0.0.0.0/0", *holes)]}])) for holes in ((), ("${y/a}/32",), ("${y/a}/32", "${z/b}/32"), ("${z/b}/32",))])
    case("actions", "a-tier-comes-and-goes", "An administrator's policy holds from when it is there until it is gone", apply(only_b), apply(cluster("one", "Admin", 1, NS(ns="x"), ingress=[rule("ingress", "Accept", [NS(ns="z")])])),
         apply(cluster("one", "Admin", 1, NS(ns="x"), ingress=[rule("ingress", "Deny", [NS(ns="x")])])), {"delete": ["ClusterNetworkPolicy one"]})
    case("actions", "a-tier-changes-sides", "A policy goes from Admin to Baseline", *[apply(cluster("one", tier, 1, NS(ns="x"), ingress=[rule("ingress", "Deny", [NS(ns="y")])]), netpol("x", pods=a, ingress=[{}])) for tier in ("Admin", "Baseline")])
    case("actions", "a-named-port-changes-with-its-pod", "Peers made anew with other numbers", apply(netpol("x", types=["Egress"], egress=[{"to": [of(labels(ns="y"))], "ports": [port("web")]}])), *[step for number in (80, 81) for step in (
         {"delete": ["Pod y/a"]}, apply(pod("y/a", ports=[{"name": "web", "containerPort": number}])))], ask=("TCP/80", "TCP/81"))
    case("actions", "replace-a-policy-by-another-of-the-same-meaning", "Nothing changes for anybody", apply(netpol("x", "one", pods=a, ingress=[{"from": [of(labels(ns="y"))]}])),
         {"delete": ["NetworkPolicy x/one"], "apply": [netpol("x", "two", pods=a, ingress=[{"from": [of({"matchLabels": {"kubernetes.io/metadata.name": "y"}})]}])]})


NS = lambda **want: {"namespaces": labels(**want)}
EVERY = {"namespaces": {}}
POD = lambda pods, ns=None: {"pods": {"namespaceSelector": ns or {}, "podSelector": pods}}
TCP = lambda number: {"tcp": {"destinationPort": {"number": number}}}
UDP = lambda number: {"udp": {"destinationPort": {"number": number}}}
SCTP = lambda number: {"sctp": {"destinationPort": {"number": number}}}
def rule(direction, action, peers, protocols=None, name=None):
    made = {"name": name} if name else {}
    made.update({"action": action, "from" if direction == "ingress" else "to": peers})
    if protocols: made["protocols"] = protocols
    return made


def tiers():
    a = labels(pod="a")
    # every action in both tiers, alone, and over or under a NetworkPolicy that says otherwise
    for tier in ("Admin", "Baseline"):
        for action in ("Accept", "Deny", "Pass"):
            for direction in ("ingress", "egress"):
                one = cluster("one", tier, 10, NS(ns="x"), **{direction: [rule(direction, action, [NS(ns="y")])]})
                case("tiers", f"{tier}-{action}-{direction}".lower(), f"{tier}: {action} {direction} of x and y", apply(one))
                case("tiers", f"{tier}-{action}-{direction}-and-a-policy-that-denies".lower(), f"{tier}: {action} {direction} of x and y; a NetworkPolicy denies it",
                     apply(one, netpol("x", types=[direction.capitalize()])))
                case("tiers", f"{tier}-{action}-{direction}-and-a-policy-that-allows".lower(), f"{tier}: {action} {direction} of x and y; a NetworkPolicy allows it",
                     apply(one, netpol("x", types=[direction.capitalize()], **{direction: [both(direction, [of(labels(ns="y"))])]})))
    # peers, subjects and protocols
    for direction in ("ingress", "egress"):
        for name, peer in {"all-namespaces": [EVERY], "namespaces-in": [{"namespaces": expression("ns", "In", "y", "z")}], "a-pod-of-a-namespace": [POD(a, labels(ns="y"))],
                           "a-pod-of-all": [POD(labels(pod="b"))], "a-pod-with-the-namespaces-left-out": [{"pods": {"podSelector": labels(pod="b")}}],
                           "two-peers": [NS(ns="z"), POD(a, labels(ns="y"))], "the-own-namespace": [NS(ns="x")], "nobody": [NS(ns="none")]}.items():
            case("tiers", f"peer-{name}-{direction}", f"Admin: Deny {direction} of x/a and {name.replace('-', ' ')}", apply(cluster("deny", "Admin", 1, POD(a, labels(ns="x")), **{direction: [rule(direction, "Deny", peer)]})))
        for name, protocols in {"tcp-80": [TCP(80)], "udp-81": [UDP(81)], "sctp-80": [SCTP(80)], "all-tcp": [{"tcp": {}}], "range": [{"tcp": {"destinationPort": {"range": {"start": 80, "end": 81}}}}],
                                "several": [TCP(80), UDP(80)], "named": [{"destinationNamedPort": "serve-81-udp"}], "named-unknown": [{"destinationNamedPort": "nobody"}]}.items():
            for action in ("Deny", "Accept"):
                policies = [cluster("one", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, action, [NS(ns="y")], protocols)]})]
                if action == "Accept": policies.append(netpol("x", types=[direction.capitalize()]))
                case("tiers", f"{action}-{name}-{direction}".lower(), f"Admin: {action} {direction} on {name.replace('-', ' ')}" + ("; a NetworkPolicy denies the rest" if action == "Accept" else ""),
                     apply(*policies), ask=("TCP/80", "TCP/81", "UDP/80", "UDP/81", "SCTP/80"))
        first, second = ("Accept", "Deny")
        case("tiers", f"the-first-rule-decides-{direction}", "Of two rules of a policy the first decides",
             apply(cluster("two", "Admin", 5, NS(ns="x"), **{direction: [rule(direction, first, [POD(a, labels(ns="y"))]), rule(direction, second, [NS(ns="y")])]})))
        case("tiers", f"the-first-rule-decides-reversed-{direction}", "The other way round the exception has no effect",
             apply(cluster("two", "Admin", 5, NS(ns="x"), **{direction: [rule(direction, second, [NS(ns="y")]), rule(direction, first, [POD(a, labels(ns="y"))])]})))
        case("tiers", f"the-smaller-priority-decides-{direction}", "Of two policies the smaller priority decides",
             apply(cluster("late", "Admin", 20, NS(ns="x"), **{direction: [rule(direction, "Accept", [EVERY])]}), cluster("early", "Admin", 10, NS(ns="x"), **{direction: [rule(direction, "Deny", [NS(ns="y")])]})))
        case("tiers", f"priorities-change-{direction}", "A changed priority holds at once",
             apply(cluster("a", "Admin", 20, NS(ns="x"), **{direction: [rule(direction, "Deny", [EVERY])]}), cluster("b", "Admin", 30, NS(ns="x"), **{direction: [rule(direction, "Accept", [NS(ns="y")])]})),
             apply(cluster("b", "Admin", 10, NS(ns="x"), **{direction: [rule(direction, "Accept", [NS(ns="y")])]})), {"delete": ["ClusterNetworkPolicy a"]})
        case("tiers", f"pass-skips-the-rest-of-its-tier-{direction}", "Pass skips later denials of its tier, and leaves the last word to the NetworkPolicy",
             apply(cluster("one", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, "Pass", [NS(ns="y")]), rule(direction, "Deny", [EVERY])]}),
                   netpol("x", pods=a, types=[direction.capitalize()], **{direction: [both(direction, [of(labels(ns="y"), a)])]})))
        case("tiers", f"pass-leaves-it-to-the-baseline-{direction}", "Where no NetworkPolicy selects, Pass leaves it to the baseline",
             apply(cluster("one", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, "Pass", [NS(ns="y")]), rule(direction, "Accept", [EVERY])]}),
                   cluster("base", "Baseline", 1, NS(ns="x"), **{direction: [rule(direction, "Deny", [EVERY])]})))
        case("tiers", f"pass-of-ports-{direction}", "Pass for one port, Deny for the others",
             apply(cluster("one", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, "Pass", [EVERY], [TCP(80)]), rule(direction, "Deny", [EVERY])]})), ask=("TCP/80", "TCP/81", "UDP/80"))
        case("tiers", f"an-exception-of-one-port-{direction}", "Accept one port, deny all else, whatever the protocol",
             apply(cluster("one", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, "Accept", [EVERY], [TCP(81)]), rule(direction, "Deny", [EVERY])]})), ask=("TCP/80", "TCP/81", "UDP/81", "SCTP/81"))
        case("tiers", f"deny-one-port-of-an-accepted-range-{direction}", "A hole in a range",
             apply(cluster("one", "Admin", 1, NS(ns="x"), **{direction: [rule(direction, "Deny", [EVERY], [TCP(81)]), rule(direction, "Accept", [EVERY], [{"tcp": {"destinationPort": {"range": {"start": 80, "end": 90}}}}])]}),
                   netpol("x", types=[direction.capitalize()])), ask=("TCP/80", "TCP/81", "TCP/82", "UDP/80"))
        case("tiers", f"the-baseline-is-not-asked-where-a-policy-selects-{direction}", "A NetworkPolicy on x/a takes it from the baseline, in that direction only",
             apply(cluster("base", "Baseline", 1, NS(ns="x"), ingress=[rule("ingress", "Deny", [EVERY])], egress=[rule("egress", "Deny", [EVERY])]),
                   netpol("x", pods=a, types=[direction.capitalize()], **{direction: [both(direction, [of(labels(ns="y"))])]})))
        case("tiers", f"the-baseline-in-order-{direction}", "The baseline's first match decides",
             apply(cluster("base", "Baseline", 1, NS(ns="x"), **{direction: [rule(direction, "Accept", [NS(ns="y")]), rule(direction, "Deny", [EVERY])]})))
        case("tiers", f"the-baselines-pass-opens-{direction}", "Behind the baseline everything is open",
             apply(cluster("base", "Baseline", 1, NS(ns="x"), **{direction: [rule(direction, "Pass", [NS(ns="y")]), rule(direction, "Deny", [EVERY])]})))
        case("tiers", f"admin-over-baseline-{direction}", "What Admin accepts the baseline does not take away",
             apply(cluster("admin", "Admin", 100, NS(ns="x"), **{direction: [rule(direction, "Accept", [NS(ns="y")])]}), cluster("base", "Baseline", 0, NS(ns="x"), **{direction: [rule(direction, "Deny", [EVERY])]})))
        case("tiers", f"all-three-tiers-{direction}", "Admin for z, a NetworkPolicy for x/a, the baseline for the others",
             apply(cluster("admin", "Admin", 1, EVERY, **{direction: [rule(direction, "Deny", [NS(ns="z")])]}), netpol("x", pods=a, types=[direction.capitalize()], **{direction: [both(direction, [of({})])]}),
                   cluster("base", "Baseline", 1, NS(ns="x"), **{direction: [rule(direction, "Deny", [NS(ns="y")])]})))
        case("tiers", f"labels-move-a-subject-{direction}", "A subject follows labels",
             apply(cluster("one", "Admin", 1, POD(labels(role="db")), **{direction: [rule(direction, "Deny", [EVERY])]})), apply(pod("y/b", {"role": "db"})), apply(pod("y/b")))
        case("tiers", f"a-namespace-moves-a-subject-{direction}", "A subject follows its namespace's labels",
             apply(cluster("one", "Admin", 1, NS(team="red"), **{direction: [rule(direction, "Deny", [EVERY])]})), apply(namespace("y", team="red")), apply(namespace("y")))
    outside = ("203.0.113.7", "198.51.100.9", "2001:db8::7")
    case("tiers", "networks-outside", "Egress to networks outside", apply(cluster("one", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [{"networks": ["203.0.113.0/24"]}]), rule("egress", "Deny", [{"networks": ["0.0.0.0/0", "::/0"]}])])), outside=outside)
    case("tiers", "networks-mean-pods-too", "A network that contains pods means them", apply(cluster("one", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Deny", [{"networks": ["0.0.0.0/0"]}])])), outside=outside)
    case("tiers", "networks-after-passing-pods", "Pass pods first, then deny the rest", apply(cluster("one", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Pass", [EVERY]), rule("egress", "Deny", [{"networks": ["0.0.0.0/0", "::/0"]}])])), outside=outside)
    case("tiers", "a-network-of-one-pod", "The address of a pod", apply(cluster("one", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Deny", [{"networks": ["${y/a}/32", "${z/c:6}/128"]}])])))
    node = lambda name, address, **have: {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": have}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}}
    case("tiers", "nodes", "Egress to nodes by label", apply(node("n1", "198.51.100.9", role="edge"), node("n2", "203.0.113.7", role="core"),
         cluster("one", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Deny", [{"nodes": labels(role="core")}])])), outside=outside)
    case("tiers", "every-node", "Egress to all nodes, nowhere else", apply(node("n1", "198.51.100.9"),
         cluster("one", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [{"nodes": {}}]), rule("egress", "Deny", [EVERY, {"networks": ["0.0.0.0/0", "::/0"]}])])), outside=outside)
    case("tiers", "strict-tenants", "Each namespace for itself, enforced for all", apply(*[cluster(f"tenant-{ns}", "Admin", 10 + index, NS(ns=ns), ingress=[rule("ingress", "Pass", [NS(ns=ns)]), rule("ingress", "Deny", [EVERY])]) for index, ns in enumerate(NAMESPACES)]))
    case("tiers", "a-monitor-gets-everywhere", "Monitoring is accepted everywhere, though every namespace denies",
         apply(cluster("monitor", "Admin", 1, EVERY, ingress=[rule("ingress", "Accept", [POD(a, labels(ns="z"))], [TCP(80)], "monitoring")]), *[netpol(ns, "deny") for ns in NAMESPACES]), ask=("TCP/80", "TCP/81"))


def judges():
    a, y, outside = labels(pod="a"), of(labels(ns="y")), ("203.0.113.7", "2001:db8::7")
    case("judges", "an-annotated-policy", "What an annotated policy allows in is inspected", apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web")))
    case("judges", "only-its-ports", "Only what its rules allow is", apply(netpol("x", pods=a, ingress=[{"from": [y], "ports": [port(80)]}], judge="web"), netpol("x", "plain", pods=a, ingress=[{}])), ask=("TCP/80", "TCP/81"))
    case("judges", "a-plain-policy-beside-it", "What a plain policy allows too is inspected nevertheless", apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web"), netpol("x", "plain", pods=a, ingress=[{"from": [of({})]}])))
    case("judges", "two-judges-of-different-peers", "Each judges what its policy allows", apply(netpol("x", "one", pods=a, ingress=[{"from": [y]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [of(labels(ns="z"))]}], judge="api")))
    case("judges", "two-judges-of-the-same", "Both judge", apply(netpol("x", "one", pods=a, ingress=[{"from": [y]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [y]}], judge="api")))
    case("judges", "two-judges-of-overlapping-peers", "Where their peers overlap both judge, elsewhere the one that selects",
         apply(netpol("x", "one", pods=a, ingress=[{"from": [y, of(labels(ns="z"))]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [of({}, labels(pod="b"))]}], judge="api")))
    case("judges", "two-judges-of-overlapping-ports", "Where their ports overlap both judge",
         apply(netpol("x", "one", pods=a, ingress=[{"from": [y], "ports": [port(80, end=81)]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [of({})], "ports": [port(81, end=82)]}], judge="api")),
         ask=("TCP/80", "TCP/81", "TCP/82", "UDP/80"))
    case("judges", "a-judge-of-every-protocol-beside-one-of-tcp", "One judges everything, the other TCP too",
         apply(netpol("x", "one", pods=a, ingress=[{"from": [y]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [y], "ports": [port(80)]}], judge="api")), ask=("TCP/80", "TCP/81", "UDP/80"))
    case("judges", "three-judges-in-every-mixture", "Each connection has exactly the judges that select it",
         apply(netpol("x", "one", pods=a, ingress=[{"from": [of({}, labels(pod="a")), of({}, labels(pod="b"))]}], judge="web"),
               netpol("x", "two", pods=a, ingress=[{"from": [y]}, {"from": [of(labels(ns="x"), labels(pod="b"))]}], judge="api"),
               netpol("x", "three", pods={}, ingress=[{"from": [of({}, labels(pod="c")), of({}, labels(pod="b"))]}], judge="base")))
    case("judges", "a-block-and-a-pod-in-it", "A block and the pods in it",
         apply(netpol("x", "one", pods=a, ingress=[{"from": [block("10.244.0.0/16"), block("fd00:244::/64")]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [y]}], judge="api")))
    case("judges", "nested-blocks", "The inner block has both judges", apply(
        netpol("x", "one", pods=a, ingress=[{"from": [block("203.0.113.0/24")]}], judge="web"), netpol("x", "two", pods=a, ingress=[{"from": [block("203.0.113.0/28")]}], judge="api")),
         outside=("203.0.113.7", "203.0.113.200"))
    case("judges", "a-rule-and-an-annotation", "A rule of an InspectionPolicy beside an annotation", apply(
        netpol("x", "one", pods=a, ingress=[{"from": [y]}], judge="web"), inspol("x", pods=a, ingress=[{"from": [of({}, labels(pod="b"))], "securityPolicy": "api"}, {"from": [of(labels(ns="z"))], "securityPolicy": "web"}])))
    case("judges", "two-rules-of-one-policy", "Two rules of one policy may name two judges", apply(
        inspol("x", pods=a, ingress=[{"from": [y], "securityPolicy": "web"}, {"from": [of({}, labels(pod="a"))], "securityPolicy": "api"}])))
    case("judges", "a-second-judge-comes-and-goes", "A second judge comes and goes",
         apply(netpol("x", "one", pods=a, ingress=[{"from": [y]}], judge="web")), apply(netpol("x", "two", pods=a, ingress=[{"from": [of({}, labels(pod="b"))]}], judge="api")),
         {"delete": ["NetworkPolicy x/one"], "apply": [netpol("x", "plain", pods=a, ingress=[{"from": [y]}])]})
    case("judges", "egress-to-overlapping-blocks", "Egress that leaves the cluster has all its judges", apply(
        netpol("x", "one", pods=a, types=["Egress"], egress=[{"to": [block("203.0.113.0/24")]}], judge="web"),
        netpol("x", "two", pods=a, types=["Egress"], egress=[{"to": [block("203.0.113.0/28")]}, {"to": [of({})]}], judge="api")), outside=("203.0.113.7", "203.0.113.200"))
    case("judges", "a-shadow", "A shadow beside a judge", apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web", shadow="next")))
    case("judges", "a-shadow-alone", "A shadow alone allows what is allowed", apply(netpol("x", pods=a, ingress=[{"from": [y]}], shadow="next")))
    case("judges", "a-shadow-that-judges-too", "Who judges stands in nobody's shadow", apply(
        netpol("x", "one", pods=a, ingress=[{"from": [y]}], judge="web", shadow="api"), netpol("x", "two", pods=a, ingress=[{"from": [of({}, labels(pod="b"))]}], judge="api")))
    case("judges", "shadows-of-rules", "Rules name shadows as they name judges", apply(
        inspol("x", pods=a, judge="web", shadow="next", ingress=[{"from": [y], "shadowSecurityPolicy": "last"}, {"from": [of(labels(ns="z"))], "securityPolicy": "api"}, {"from": [of({}, labels(pod="c"))]}])))
    case("judges", "a-shadow-comes-and-goes", "A shadow comes and goes", apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web")),
         apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web", shadow="next")), apply(netpol("x", pods=a, ingress=[{"from": [y]}], shadow="next")), apply(netpol("x", pods=a, ingress=[{"from": [y]}])))
    case("judges", "egress-that-stays-in-the-cluster", "Egress within the cluster is judged where it arrives", apply(netpol("x", types=["Egress"], egress=[{}], judge="web")), outside=outside)
    case("judges", "egress-to-a-block", "Egress that leaves the cluster is inspected", apply(netpol("x", pods=a, types=["Egress"], egress=[{"to": [block("203.0.113.0/24"), block("2001:db8::/32")]}], judge="web")), outside=outside)
    case("judges", "ingress-from-a-block", "So is what comes from outside", apply(netpol("x", pods=a, ingress=[{"from": [block("203.0.113.0/24")]}], judge="web")), outside=outside)
    case("judges", "a-policy-that-allows-nothing", "Who allows nothing has nothing to judge", apply(netpol("x", pods=a, judge="web")))
    case("judges", "the-annotation-comes-and-goes", "An annotation holds from when it is there until it is gone", apply(netpol("x", pods=a, ingress=[{"from": [y]}])), apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web")), apply(netpol("x", pods=a, ingress=[{"from": [y]}])))
    case("judges", "a-peer-that-changes", "Inspection follows labels", apply(netpol("x", pods=a, ingress=[{"from": [of({}, labels(role="guest"))]}], judge="web"), netpol("x", "all", pods=a, ingress=[{}])), apply(pod("y/b", {"role": "guest"})), apply(pod("y/b")))
    case("judges", "rules-that-name-their-own", "Each rule of an InspectionPolicy may name a judge, or none",
         apply(inspol("x", pods=a, ingress=[{"from": [y], "securityPolicy": "web"}, {"from": [of(labels(ns="z"))]}])))
    case("judges", "a-rule-over-its-policy", "A rule's judge stands instead of its policy's",
         apply(inspol("x", pods=a, judge="web", ingress=[{"from": [y], "securityPolicy": "api"}, {"from": [of(labels(ns="z"))]}])))
    case("judges", "rules-by-port", "One judge per port", apply(inspol("x", pods=a, ingress=[{"ports": [port(80)], "securityPolicy": "web"}, {"ports": [port(81)]}])), ask=("TCP/80", "TCP/81", "UDP/80"))
    case("judges", "an-inspection-policy-isolates", "An InspectionPolicy isolates as a NetworkPolicy does", apply(inspol("x", pods=a)))
    case("judges", "an-inspection-policy-beside-a-network-policy", "Both add up", apply(inspol("x", pods=a, ingress=[{"from": [y], "securityPolicy": "web"}]), netpol("x", pods=a, ingress=[{"from": [of(labels(ns="z"))]}])))
    case("judges", "two-of-one-name", "An InspectionPolicy and a NetworkPolicy may have one name", apply(inspol("x", "same", pods=a, ingress=[{"from": [y], "securityPolicy": "web"}]), netpol("x", "same", pods=a, ingress=[{"from": [of(labels(ns="z"))]}])))
    case("judges", "an-inspection-policys-egress", "Its egress rules name judges too", apply(inspol("x", pods=a, types=["Egress"], egress=[{"to": [block("203.0.113.0/24")], "securityPolicy": "web"}, {"to": [of({})]}])), outside=outside)
    case("judges", "admin-denies-what-would-be-judged", "A denial needs no judge", apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web"), cluster("deny", "Admin", 1, NS(ns="x"), ingress=[rule("ingress", "Deny", [POD(a, labels(ns="y"))])])))
    case("judges", "admin-accepts-what-is-judged", "What an administrator accepts is judged all the same where a policy asks for it",
         apply(netpol("x", pods=a, ingress=[{"from": [y]}], judge="web"), cluster("accept", "Admin", 1, NS(ns="x"), ingress=[rule("ingress", "Accept", [EVERY])])))


def invalid():
    a, y = labels(pod="a"), of(labels(ns="y"))
    case("invalid", "a-peer-with-block-and-selector", "A peer that is two things at once allows nobody", apply(netpol("x", pods=a, ingress=[{"from": [{**block("0.0.0.0/0"), **y}]}])))
    case("invalid", "a-peer-of-nothing", "A peer that is nothing allows nobody", apply(netpol("x", pods=a, ingress=[{"from": [{}]}])))
    case("invalid", "a-peer-of-nothing-beside-a-good-one", "The good one beside it holds", apply(netpol("x", pods=a, ingress=[{"from": [{}, y]}])))
    case("invalid", "an-end-port-with-a-name", "A named port has no end", apply(netpol("x", pods=a, ingress=[{"ports": [{"port": "serve-80-tcp", "endPort": 81}]}])), ask=("TCP/80", "TCP/81"))
    case("invalid", "an-end-port-alone", "An end without a beginning allows nothing", apply(netpol("x", pods=a, ingress=[{"ports": [{"endPort": 81}]}])), ask=("TCP/80", "TCP/81"))


def recipes():
    """What people write down for others to copy."""
    a, b, c = (labels(pod=one) for one in "abc")
    deny = lambda ns, *types: netpol(ns, "deny", types=list(types))
    dns = {"to": [of({"matchLabels": {"kubernetes.io/metadata.name": "z"}}, c)], "ports": [port(81, "UDP"), port(81, "TCP")]}
    everything = ("TCP/80", "TCP/81", "UDP/81")
    kinds = {
        "deny-all-to-an-application": [netpol("x", pods=a, ingress=[])], "limit-an-application-to-one-client": [netpol("x", pods=a, ingress=[{"from": [of(pods=b)]}])],
        "allow-all-to-an-application-of-a-closed-namespace": [deny("x", "Ingress"), netpol("x", "allow", pods=a, ingress=[{}])],
        "deny-other-namespaces": [netpol("x", ingress=[{"from": [of(pods={})]}])], "allow-all-namespaces-to-an-application": [deny("x", "Ingress"), netpol("x", "allow", pods=a, ingress=[{"from": [of({})]}])],
        "allow-one-namespace-to-an-application": [netpol("x", pods=a, ingress=[{"from": [of(labels(ns="y"))]}])], "allow-pods-of-another-namespace": [netpol("x", pods=a, ingress=[{"from": [of(labels(ns="y"), labels(pod="b"))]}])],
        "allow-the-world-to-an-application": [deny("x", "Ingress"), netpol("x", "world", pods=a, ingress=[{"from": [block("0.0.0.0/0"), block("::/0")]}])],
        "only-one-port": [netpol("x", pods=a, ingress=[{"ports": [port(80)], "from": [of(pods=b)]}])], "several-clients": [netpol("x", pods=a, ingress=[{"from": [of(pods=b), of(pods=c)]}])],
        "deny-egress-of-an-application": [netpol("x", pods=a, types=["Egress"], egress=[])], "deny-all-egress-but-names": [netpol("x", types=["Egress"], egress=[dns])],
        "egress-within-the-cluster-only": [netpol("x", types=["Egress"], egress=[{"to": [of({})]}])], "egress-to-the-world-only": [netpol("x", types=["Egress"], egress=[{"to": [block("0.0.0.0/0", "10.244.0.0/16"), block("::/0", "fd00:244::/64")]}, dns])],
        "deny-all-in-both-directions": [deny("x", "Ingress", "Egress")], "three-layers": [
            netpol("x", "web", pods=a, types=["Ingress", "Egress"], ingress=[{"from": [of(labels(ns="y"))], "ports": [port(80)]}], egress=[{"to": [of(pods=b)], "ports": [port(81)]}]),
            netpol("x", "api", pods=b, types=["Ingress", "Egress"], ingress=[{"from": [of(pods=a)], "ports": [port(81)]}], egress=[{"to": [of(pods=c)], "ports": [port(80)]}]),
            netpol("x", "db", pods=c, types=["Ingress", "Egress"], ingress=[{"from": [of(pods=b)], "ports": [port(80)]}])],
        "isolated-tenants": [netpol(ns, "tenant", types=["Ingress", "Egress"], ingress=[{"from": [of(pods={})]}], egress=[{"to": [of(pods={})]}, dns]) for ns in NAMESPACES],
        "a-metadata-service-is-nobodys": [netpol("x", types=["Egress"], egress=[{"to": [block("0.0.0.0/0", "169.254.169.254/32"), block("::/0")]}])],
    }
    for name, policies in kinds.items():
        case("recipes", name, name.replace("-", " ").capitalize(), apply(*policies), ask=everything, outside=("203.0.113.7", "169.254.169.254", "2001:db8::7"))


def names():
    a, everywhere = labels(pod="a"), {"networks": ["0.0.0.0/0", "::/0"]}
    named = lambda *patterns: {"domainNames": list(patterns)}
    asked = ("example.com", "api.example.com", "x.api.example.com", "myexample.com", "other.org")
    deny = rule("egress", "Deny", [everywhere])
    for name, patterns in {"a-name": ["api.example.com"], "everything-under-a-name": ["*.example.com"], "two-names": ["example.com", "other.org"], "a-name-and-what-is-under-it": ["example.com", "*.example.com"],
                           "in-capitals-with-a-dot": ["API.Example.COM."]}.items():
        case("names", name, f"Admin: Accept {' and '.join(patterns)}, Deny the rest",
             apply(cluster("names", "Admin", 1, POD(a, labels(ns="x")), egress=[rule("egress", "Accept", [named(*patterns)]), deny])), outside=asked)
    case("names", "one-port-of-a-name", "Names go with ports as other peers do",
         apply(cluster("names", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [named("api.example.com")], [TCP(80)]), deny])), outside=asked, ask=("TCP/80", "TCP/81", "UDP/80"))
    case("names", "a-name-beside-other-peers", "A rule may have names beside other peers",
         apply(cluster("names", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [named("api.example.com"), NS(ns="y")]), deny])), outside=asked)
    case("names", "what-is-denied-before", "A denial that is asked before is final, by name or not",
         apply(cluster("deny", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Deny", [{"networks": ["203.0.113.0/24"]}])]), cluster("names", "Admin", 2, NS(ns="x"), egress=[rule("egress", "Accept", [named("*.example.com")]), deny])),
         outside=("api.example.com=203.0.113.9", "api.example.com=198.51.100.9", "203.0.113.9"))
    case("names", "an-address-that-was-not-looked-up", "The address of a name is open to who was told the name",
         apply(cluster("names", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [named("api.example.com")]), deny])), outside=("api.example.com=203.0.113.9", "other.org=203.0.113.9", "203.0.113.9"))
    case("names", "a-name-opens-what-a-policy-isolates", "An administrator's Accept holds where a NetworkPolicy isolates",
         apply(cluster("names", "Admin", 1, NS(ns="x"), egress=[rule("egress", "Accept", [named("api.example.com")])]), netpol("x", types=["Egress"])), outside=asked)
    case("names", "in-the-baseline", "In the baseline a name is accepted before what the baseline denies",
         apply(cluster("names", "Baseline", 1, NS(ns="x"), egress=[rule("egress", "Accept", [named("*.example.com")]), deny])), apply(netpol("x", pods=a, types=["Egress"])), outside=asked)
    case("names", "of-an-inspection-policy", "A rule of an InspectionPolicy may allow by name",
         apply(inspol("x", pods=a, types=["Egress"], egress=[{"toDomainNames": ["*.example.com"], "ports": [port(80)]}])), outside=asked, ask=("TCP/80", "TCP/81"))
    case("names", "of-an-inspection-policy-judged", "And have judged what it allows by name",
         apply(inspol("x", pods=a, types=["Egress"], egress=[{"toDomainNames": ["api.example.com"], "securityPolicy": "web"}, {"to": [block("198.51.100.0/24"), block("2001:db8::/32")]}])), outside=asked)
    case("names", "of-an-inspection-policy-beside-a-block", "Names are further peers of the rule",
         apply(inspol("x", pods=a, types=["Egress"], egress=[{"to": [of(labels(ns="y"))], "toDomainNames": ["api.example.com"]}])), outside=asked)


def main():
    for entry in os.listdir(HERE):
        path = os.path.join(HERE, entry)
        if os.path.isdir(path): shutil.rmtree(path)
    os.makedirs(os.path.join(HERE, "bases"))
    for name, manifests in BASES.items():
        with open(os.path.join(HERE, "bases", name + ".yaml"), "w") as file: file.write("\n---\n".join(show(one, 0)[0] for one in manifests) + "\n")
    for family in (targets, peers, odd_labels, host_network, blocks, ports, rules, conflicts, actions, recipes, tiers, judges, names, invalid): family()
    for family, count in COUNT.items(): print(f"{family:10} {count:4}")
    print(f"{'':10} {sum(COUNT.values()):4}")


if __name__ == "__main__": main()
