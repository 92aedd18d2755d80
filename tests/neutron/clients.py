"""The openstack command and openstacksdk against a Neutron, as the environment (OS_…) says: each resource made, listed, shown, changed and deleted."""
import contextlib
import io
import json
import sys
import unittest
import uuid

import keystoneauth1.exceptions
import openstack
from openstackclient import shell


class Refused(Exception):
    """What the command wrote when it ended with an error."""


def osc(line, *more):
    """Runs the openstack command in this process, which spares its start: LINE split at blanks, then MORE as it is. Returns what it says, from JSON."""
    words = line.split() + list(more)
    said, complained = io.StringIO(), io.StringIO()
    verbs = {"create", "list", "show", "issue"}
    arguments = words + (["-f", "json"] if verbs & set(words[:5]) and "delete" not in words[:5] else [])
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        status = shell.OpenStackShell().run(arguments)
    if status != 0:
        raise Refused(f"openstack {' '.join(words)}: {complained.getvalue() or said.getvalue()}")
    return json.loads(said.getvalue()) if said.getvalue().lstrip().startswith(("{", "[")) else said.getvalue()


def some(kind):
    return f"{kind}-{uuid.uuid4().hex[:8]}"


class Case(unittest.TestCase):
    def make(self, what, line="", name=None):
        """Makes one, to be deleted at the end; what it shows."""
        name = name or some(what.split()[-1])
        made = osc(f"{what} create {line}", name)
        self.addCleanup(self.forget, what, made.get("id") or made["ID"])
        return made

    def forget(self, what, key):
        with contextlib.suppress(Refused):
            osc(f"{what} delete {key}")

    def is_listed(self, what, name, line="", column="Name"):
        return name in [row[column] for row in osc(f"{what} list {line}")]

    def is_gone(self, what, key):
        osc(f"{what} delete {key}")
        with self.assertRaises(Refused) as refused:
            osc(f"{what} show {key}")
        self.assertRegex(str(refused.exception), "(?i)no .* found|not found|not be found|(not|unable to) find|does ?n[o']t exist|no .* exists")

    def subnet(self, cidr="10.20.0.0/24", line=""):
        network = self.make("network")
        return network, self.make("subnet", f"--network {network['id']} --subnet-range {cidr} {line}")


class TheCommand(Case):
    """Debian's python3-openstackclient with python3-neutronclient's commands."""

    def test_it_gets_a_token_and_sees_the_catalogue(self):
        self.assertTrue(osc("token issue")["id"])
        self.assertEqual({"keystone", "neutron"}, {row["Name"] for row in osc("catalog list")})

    def test_it_sees_the_extensions(self):
        aliases = {row["Alias"] for row in osc("extension list --network")}
        self.assertLessEqual({"security-group", "address-group", "sfc", "trunk", "qos", "router"}, aliases)
        self.assertEqual("sfc", osc("extension show sfc")["alias"])

    def test_networks(self):
        made = self.make("network", "--mtu 1400 --description first --disable-port-security --tag red --tag blue")
        self.assertEqual((1400, "first", False, ["blue", "red"]), (made["mtu"], made["description"], made["port_security_enabled"], sorted(made["tags"])))
        self.assertTrue(self.is_listed("network", made["name"]))
        self.assertTrue(self.is_listed("network", made["name"], "--tags red,blue --internal --no-share"))
        self.assertFalse(self.is_listed("network", made["name"], "--external"))
        osc(f"network set {made['id']} --name other --disable --share --mtu 1300 --tag green")
        shown = osc(f"network show {made['id']}")
        self.assertEqual(("other", False, True, 1300, 3), (shown["name"], shown["admin_state_up"], shown["shared"], shown["mtu"], len(shown["tags"])))
        osc(f"network unset {made['id']} --all-tag")
        self.assertEqual([], osc(f"network show {made['id']}")["tags"])
        self.is_gone("network", made["id"])

    def test_subnets(self):
        network, made = self.subnet(line="--gateway 10.20.0.254 --allocation-pool start=10.20.0.10,end=10.20.0.20 --dns-nameserver 10.20.0.2 --host-route destination=10.9.0.0/16,gateway=10.20.0.3 --no-dhcp")
        self.assertEqual(("10.20.0.254", ["10.20.0.2"], False), (made["gateway_ip"], made["dns_nameservers"], made["enable_dhcp"]))
        self.assertEqual([{"start": "10.20.0.10", "end": "10.20.0.20"}], made["allocation_pools"])
        self.assertTrue(self.is_listed("subnet", made["name"], f"--network {network['id']} --ip-version 4 --subnet-range 10.20.0.0/24"))
        osc(f"subnet set {made['id']} --name other --dhcp --dns-nameserver 10.20.0.4 --gateway none --allocation-pool start=10.20.0.30,end=10.20.0.40 --tag red")
        shown = osc(f"subnet show {made['id']}")
        self.assertEqual(("other", True, None, 2, 2, ["red"]), (shown["name"], shown["enable_dhcp"], shown["gateway_ip"], len(shown["dns_nameservers"]), len(shown["allocation_pools"]), shown["tags"]))
        osc(f"subnet unset {made['id']} --dns-nameserver 10.20.0.2 --allocation-pool start=10.20.0.10,end=10.20.0.20 --host-route destination=10.9.0.0/16,gateway=10.20.0.3")
        shown = osc(f"subnet show {made['id']}")
        self.assertEqual((["10.20.0.4"], 1, []), (shown["dns_nameservers"], len(shown["allocation_pools"]), shown["host_routes"]))
        self.is_gone("subnet", made["id"])

    def test_subnets_of_ipv6(self):
        network = self.make("network")
        made = self.make("subnet", f"--network {network['id']} --ip-version 6 --subnet-range fd00:20::/64 --ipv6-ra-mode slaac --ipv6-address-mode slaac")
        self.assertEqual((6, "slaac", "fd00:20::"), (made["ip_version"], made["ipv6_ra_mode"], made["gateway_ip"].rstrip("1")))
        port = self.make("port", f"--network {network['id']}")
        self.assertIn("ff:fe", port["fixed_ips"][0]["ip_address"])

    def test_subnet_pools_and_address_scopes(self):
        scope = self.make("address scope", "--ip-version 4")
        self.assertTrue(self.is_listed("address scope", scope["name"], "--ip-version 4"))
        osc(f"address scope set {scope['id']} --name other-scope")
        self.assertEqual("other-scope", osc(f"address scope show {scope['id']}")["name"])
        pool = self.make("subnet pool", f"--pool-prefix 10.30.0.0/16 --default-prefix-length 24 --min-prefix-length 20 --max-prefix-length 28 --address-scope {scope['id']} --tag red")
        self.assertEqual(["10.30.0.0/16"], pool["prefixes"])
        self.assertTrue(self.is_listed("subnet pool", pool["name"], f"--address-scope {scope['id']}"))
        osc(f"subnet pool set {pool['id']} --name other-pool --pool-prefix 10.31.0.0/16 --default-quota 4096 --description wide")
        shown = osc(f"subnet pool show {pool['id']}")
        self.assertEqual(("other-pool", "wide", 4096), (shown["name"], shown["description"], shown["default_quota"]))
        network = self.make("network")
        subnet = self.make("subnet", f"--network {network['id']} --subnet-pool {pool['id']} --prefix-length 26")
        self.assertEqual((pool["id"], "26"), (subnet["subnetpool_id"], subnet["cidr"].split("/")[1]))
        osc(f"subnet pool unset {pool['id']} --tag red")
        with self.assertRaises(Refused):
            osc(f"subnet pool delete {pool['id']}")
        osc(f"subnet delete {subnet['id']}")
        self.is_gone("subnet pool", pool["id"])
        self.is_gone("address scope", scope["id"])

    def test_ports(self):
        network, subnet = self.subnet()
        group = self.make("security group")
        made = self.make("port", f"--network {network['id']} --fixed-ip subnet={subnet['id']},ip-address=10.20.0.77 --security-group {group['id']} --mac-address fa:16:3e:01:02:03 --allowed-address ip-address=10.99.0.0/24 "
                         "--device device-1 --device-owner compute:here --host node-1 --vnic-type normal --binding-profile key=value --description first --tag red --extra-dhcp-option name=bootfile-name,value=x")
        self.assertEqual([{"subnet_id": subnet["id"], "ip_address": "10.20.0.77"}], made["fixed_ips"])
        self.assertEqual(("fa:16:3e:01:02:03", [group["id"]], "node-1", {"key": "value"}), (made["mac_address"], made["security_group_ids"], made["binding_host_id"], made["binding_profile"]))
        for line in (f"--network {network['id']}", "--device-id device-1", "--mac-address fa:16:3e:01:02:03", "--fixed-ip ip-address=10.20.0.77", "--tags red", "--device-owner compute:here"):
            with self.subTest(line):
                self.assertTrue(self.is_listed("port", made["name"], line))
        osc(f"port set {made['id']} --name other --disable --fixed-ip subnet={subnet['id']},ip-address=10.20.0.78 --device device-2 --no-allowed-address")
        shown = osc(f"port show {made['id']}")
        self.assertEqual(("other", False, 2, "device-2", []), (shown["name"], shown["admin_state_up"], len(shown["fixed_ips"]), shown["device_id"], shown["allowed_address_pairs"]))
        osc(f"port unset {made['id']} --fixed-ip subnet={subnet['id']},ip-address=10.20.0.77 --security-group {group['id']} --tag red")
        shown = osc(f"port show {made['id']}")
        self.assertEqual((["10.20.0.78"], [], []), ([ip["ip_address"] for ip in shown["fixed_ips"]], shown["security_group_ids"], shown["tags"]))
        osc(f"port set {made['id']} --disable-port-security")
        self.assertFalse(osc(f"port show {made['id']}")["port_security_enabled"])
        self.is_gone("port", made["id"])

    def test_security_groups_and_rules(self):
        made = self.make("security group", "--description first --stateless --tag red")
        self.assertFalse(made["stateful"])
        osc(f"security group set {made['id']} --name other --description second --stateful")
        shown = osc(f"security group show {made['id']}")
        self.assertEqual(("other", "second", True), (shown["name"], shown["description"], shown["stateful"]))
        self.assertTrue(self.is_listed("security group", "other"))
        addresses = self.make("address group", "--address 10.1.0.0/24")
        lines = ("--protocol tcp --dst-port 80:90 --remote-ip 10.0.0.0/8 --ingress --description web", "--protocol udp --dst-port 53 --egress", f"--remote-group {made['id']} --ethertype IPv6",
                 f"--protocol tcp --dst-port 443 --remote-address-group {addresses['id']}", "--protocol icmp --icmp-type 8 --icmp-code 0", "--protocol 132 --ingress", "--protocol any --egress --ethertype IPv6 --remote-ip fd00::/8")
        rules = [osc(f"security group rule create {line} {made['id']}") for line in lines]
        self.assertEqual((80, 90, "10.0.0.0/8", "web"), tuple(rules[0][name] for name in ("port_range_min", "port_range_max", "remote_ip_prefix", "description")))
        listed = {row["ID"] for row in osc(f"security group rule list {made['id']} --long")}
        self.assertLessEqual({rule["id"] for rule in rules}, listed)
        self.assertEqual({rules[1]["id"]}, {row["ID"] for row in osc(f"security group rule list {made['id']} --protocol udp --egress")})
        with self.assertRaises(Refused) as refused:
            osc(f"security group rule create {lines[0]} {made['id']}")
        self.assertIn("already exists", str(refused.exception))
        for rule in rules:
            self.is_gone("security group rule", rule["id"])
        osc(f"security group unset {made['id']} --tag red")
        self.is_gone("security group", made["id"])

    def test_address_groups(self):
        made = self.make("address group", "--address 10.1.0.0/24 --address 10.2.0.1 --description first")
        self.assertEqual(["10.1.0.0/24", "10.2.0.1/32"], sorted(made["addresses"]))
        osc(f"address group set {made['id']} --name other --address fd00::/64")
        osc(f"address group unset {made['id']} --address 10.1.0.0/24")
        shown = osc(f"address group show {made['id']}")
        self.assertEqual(("other", ["10.2.0.1/32", "fd00::/64"]), (shown["name"], sorted(shown["addresses"])))
        self.assertTrue(self.is_listed("address group", "other"))
        self.is_gone("address group", made["id"])

    def test_routers(self):
        network, subnet = self.subnet()
        outside = self.make("network", "--external")
        self.make("subnet", f"--network {outside['id']} --subnet-range 172.31.0.0/24 --no-dhcp")
        made = self.make("router", "--description first --tag red")
        osc(f"router add subnet {made['id']} {subnet['id']}")
        self.assertEqual(["10.20.0.1"], [info["ip_address"] for info in osc(f"router show {made['id']}")["interfaces_info"]])
        osc(f"router set {made['id']} --name other --disable --external-gateway {outside['id']} --disable-snat")
        shown = osc(f"router show {made['id']}")
        self.assertEqual(("other", outside["id"], False), (shown["name"], shown["external_gateway_info"]["network_id"], shown["external_gateway_info"]["enable_snat"]))
        osc(f"router add route {made['id']} --route destination=10.77.0.0/16,gateway=10.20.0.9")
        self.assertEqual([{"destination": "10.77.0.0/16", "nexthop": "10.20.0.9"}], osc(f"router show {made['id']}")["routes"])
        osc(f"router remove route {made['id']} --route destination=10.77.0.0/16,gateway=10.20.0.9")
        self.assertEqual([], osc(f"router show {made['id']}")["routes"])
        osc(f"router unset {made['id']} --external-gateway --tag red")
        self.assertIsNone(osc(f"router show {made['id']}")["external_gateway_info"])
        self.assertTrue(self.is_listed("router", "other"))
        with self.assertRaises(Refused):
            osc(f"router delete {made['id']}")
        osc(f"router remove subnet {made['id']} {subnet['id']}")
        port = self.make("port", f"--network {network['id']}")
        osc(f"router add port {made['id']} {port['id']}")
        osc(f"router remove port {made['id']} {port['id']}")
        self.is_gone("router", made["id"])

    def test_floating_addresses(self):
        network, subnet = self.subnet()
        outside = self.make("network", "--external")
        self.make("subnet", f"--network {outside['id']} --subnet-range 172.31.1.0/24 --no-dhcp")
        router = self.make("router")
        osc(f"router set {router['id']} --external-gateway {outside['id']}")
        osc(f"router add subnet {router['id']} {subnet['id']}")
        port = self.make("port", f"--network {network['id']}")
        made = osc(f"floating ip create --description first --tag red {outside['id']}")
        osc(f"floating ip set {made['id']} --port {port['id']}")
        shown = osc(f"floating ip show {made['id']}")
        self.assertEqual((port["id"], router["id"], port["fixed_ips"][0]["ip_address"]), (shown["port_id"], shown["router_id"], shown["fixed_ip_address"]))
        self.assertTrue(self.is_listed("floating ip", made["id"], f"--port {port['id']}", "ID"))
        self.assertTrue(self.is_listed("floating ip", made["floating_ip_address"], f"--network {outside['id']}", "Floating IP Address"))
        osc(f"floating ip unset {made['id']} --port")
        self.assertIsNone(osc(f"floating ip show {made['id']}")["port_id"])
        self.is_gone("floating ip", made["id"])
        osc(f"router remove subnet {router['id']} {subnet['id']}")
        osc(f"router unset {router['id']} --external-gateway")

    def test_quality_of_service(self):
        made = self.make("network qos policy", "--description first --share")
        limit = osc(f"network qos rule create --type bandwidth-limit --max-kbps 1000 --max-burst-kbits 100 --ingress {made['id']}")
        mark = osc(f"network qos rule create --type dscp-marking --dscp-mark 26 {made['id']}")
        least = osc(f"network qos rule create --type minimum-bandwidth --min-kbps 10 --egress {made['id']}")
        self.assertEqual({limit["id"], mark["id"], least["id"]}, {row["ID"] for row in osc(f"network qos rule list {made['id']}")})
        osc(f"network qos rule set --max-kbps 2000 {made['id']} {limit['id']}")
        self.assertEqual(2000, osc(f"network qos rule show {made['id']} {limit['id']}")["max_kbps"])
        for rule in (limit, mark, least):
            osc(f"network qos rule delete {made['id']} {rule['id']}")
        self.assertEqual([], osc(f"network qos rule list {made['id']}"))
        osc(f"network qos policy set {made['id']} --name other --no-share")
        self.assertTrue(self.is_listed("network qos policy", "other"))
        types = {row["Type"] for row in osc("network qos rule type list")}
        self.assertLessEqual({"bandwidth_limit", "dscp_marking", "minimum_bandwidth"}, types)
        self.assertEqual("bandwidth_limit", osc("network qos rule type show bandwidth_limit")["rule_type_name"])
        network = self.make("network", f"--qos-policy {made['id']}")
        self.assertEqual(made["id"], network["qos_policy_id"])
        osc(f"network set {network['id']} --no-qos-policy")
        self.is_gone("network qos policy", made["id"])

    def test_trunks(self):
        network = self.make("network")
        parent, one, two = (self.make("port", f"--network {network['id']}") for _ in range(3))
        made = self.make("network trunk", f"--parent-port {parent['id']} --subport port={one['id']},segmentation-type=vlan,segmentation-id=101")
        osc(f"network trunk set {made['id']} --name other --subport port={two['id']},segmentation-type=vlan,segmentation-id=102")
        osc(f"network trunk set {made['id']} --disable")
        self.assertFalse(osc(f"network trunk show {made['id']}")["is_admin_state_up" if "is_admin_state_up" in made else "admin_state_up"])
        osc(f"network trunk set {made['id']} --enable")
        self.assertEqual({101, 102}, {row["Segmentation ID"] for row in osc(f"network subport list --trunk {made['id']}")})
        osc(f"network trunk unset {made['id']} --subport {one['id']}")
        self.assertEqual([two["id"]], [member["port_id"] for member in osc(f"network trunk show {made['id']}")["sub_ports"]])
        self.assertTrue(self.is_listed("network trunk", "other"))
        self.is_gone("network trunk", made["id"])

    def test_rbac_policies(self):
        network = self.make("network")
        project = osc("project list")[0]["ID"]
        made = osc(f"network rbac create --type network --action access_as_shared --target-project {project} {network['id']}")
        self.addCleanup(self.forget, "network rbac", made["id"])
        self.assertTrue(self.is_listed("network rbac", made["id"], "--type network --action access_as_shared", "ID"))
        other = osc("project list")[1]["ID"]
        osc(f"network rbac set {made['id']} --target-project {other}")
        self.assertEqual(other, osc(f"network rbac show {made['id']}")["target_project_id"])
        self.is_gone("network rbac", made["id"])

    def test_port_chains(self):
        network, _ = self.subnet()
        ports = [self.make("port", f"--network {network['id']} --device firewall --no-security-group --disable-port-security") for _ in range(2)]
        source = self.make("port", f"--network {network['id']}")
        pair = self.make("sfc port pair", f"--ingress {ports[0]['id']} --egress {ports[1]['id']} --service-function-parameters correlation=None --description first")
        group = self.make("sfc port pair group", f"--port-pair {pair['ID']}")
        classifier = self.make("sfc flow classifier", f"--ethertype IPv4 --protocol tcp --source-ip-prefix 10.20.0.0/24 --destination-port 80:90 --logical-source-port {source['id']}")
        chain = self.make("sfc port chain", f"--port-pair-group {group['ID']} --flow-classifier {classifier['ID']} --chain-parameters symmetric=true")
        for what, made in (("sfc port pair", pair), ("sfc port pair group", group), ("sfc flow classifier", classifier), ("sfc port chain", chain)):
            with self.subTest(what):
                osc(f"{what} set {made['ID']} --name other --description second")
                shown = osc(f"{what} show {made['ID']}")
                self.assertEqual(("other", "second"), (shown["Name"], shown["Description"]))
                self.assertTrue(self.is_listed(what, "other"))
        osc(f"sfc port chain unset {chain['ID']} --all-flow-classifier")
        self.assertEqual([], osc(f"sfc port chain show {chain['ID']}")["Flow Classifiers"])
        osc(f"sfc port chain set {chain['ID']} --flow-classifier {classifier['ID']}")
        self.assertEqual([classifier["ID"]], osc(f"sfc port chain show {chain['ID']}")["Flow Classifiers"])
        with self.assertRaises(Refused) as refused:
            osc(f"sfc flow classifier delete {classifier['ID']}")
        self.assertIn("in use", str(refused.exception))
        self.is_gone("sfc port chain", chain["ID"])
        self.is_gone("sfc flow classifier", classifier["ID"])
        osc(f"sfc port pair group unset {group['ID']} --all-port-pair")
        self.is_gone("sfc port pair group", group["ID"])
        self.is_gone("sfc port pair", pair["ID"])

    def test_service_graphs(self):
        network, _ = self.subnet()
        chains = []
        for number in range(2):
            ports = [self.make("port", f"--network {network['id']} --device firewall-{number}") for _ in range(2)]
            pair = self.make("sfc port pair", f"--ingress {ports[0]['id']} --egress {ports[1]['id']} --service-function-parameters correlation=mpls")
            group = self.make("sfc port pair group", f"--port-pair {pair['ID']}")
            chains.append(self.make("sfc port chain", f"--port-pair-group {group['ID']}"))
        made = self.make("sfc service graph", f"--branching-point {chains[0]['ID']}:{chains[1]['ID']}")
        self.assertTrue(self.is_listed("sfc service graph", made["Name"]))
        # "show", "set" and "delete" look for the graph by a call that this client does not have.
        self.assertEqual(204, openstack.connect().network.delete(f"/sfc/service_graphs/{made['ID']}").status_code)
        self.assertFalse(self.is_listed("sfc service graph", made["Name"]))

    def test_what_is_used_of_addresses_and_no_agents(self):
        network, _ = self.subnet()
        self.make("port", f"--network {network['id']}")
        used = osc(f"ip availability show {network['id']}")
        self.assertEqual((1, 253), (used["used_ips"], used["total_ips"]))
        self.assertTrue(self.is_listed("ip availability", network["name"], "--ip-version 4", "Network Name"))
        self.assertEqual([], osc("network agent list"))

    def test_projects_users_and_roles(self):
        project, user = self.make("project"), self.make("user", "--password secret")
        osc(f"role add --project {project['id']} --user {user['id']} member")
        self.assertTrue(self.is_listed("project", project["name"]) and self.is_listed("user", user["name"]))
        connection = openstack.connect(username=user["name"], password="secret", project_name=project["name"])
        mine = connection.network.create_network(name="mine")
        self.assertEqual(project["id"], mine.project_id)
        connection.network.delete_network(mine)
        osc(f"role remove --project {project['id']} --user {user['id']} member")
        with self.assertRaises(keystoneauth1.exceptions.ClientException):
            list(connection.network.networks())
        self.is_gone("user", user["id"])
        self.is_gone("project", project["id"])


class TheLibrary(unittest.TestCase):
    """Debian's python3-openstacksdk."""

    @classmethod
    def setUpClass(cls):
        cls.network = openstack.connect().network

    def whole(self, kind, changes, **attributes):
        """Makes one, finds it again in each way, changes it, and deletes it; before that it is handed out."""
        create, get, update, delete, find = (getattr(self.network, f"{verb}_{kind}") for verb in ("create", "get", "update", "delete", "find"))
        plural = {"ip": "ips", "address_group": "address_groups"}.get(kind, kind[:-1] + "ies" if kind.endswith("y") else kind + "s")
        made = create(**attributes)
        self.addCleanup(delete, made.id, ignore_missing=True)
        self.assertEqual(made.id, get(made.id).id)
        self.assertEqual(made.id, find(made.id).id)
        self.assertIn(made.id, [one.id for one in getattr(self.network, plural)()])
        changed = update(made.id, **changes)
        for name, value in changes.items():
            self.assertEqual(value, getattr(changed, name), name)
        self.addCleanup(lambda: self.assertIsNone(find(made.id, ignore_missing=True), kind))
        self.addCleanup(delete, made.id)
        return changed

    def subnet(self):
        network = self.network.create_network(name=some("network"))
        self.addCleanup(self.network.delete_network, network)
        subnet = self.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.40.0.0/24")
        self.addCleanup(self.network.delete_subnet, subnet)
        return network, subnet

    def test_networks_and_subnets(self):
        network = self.whole("network", {"name": some("other"), "is_admin_state_up": False, "mtu": 1300}, name=some("network"))
        self.whole("subnet", {"description": "second", "dns_nameservers": ["10.40.0.2"]}, network_id=network.id, ip_version=4, cidr="10.40.0.0/24")
        self.whole("subnet_pool", {"description": "second"}, name=some("pool"), prefixes=["10.41.0.0/16"], default_prefix_length=24)
        self.whole("address_scope", {"name": some("other")}, name=some("scope"), ip_version=6)

    def test_ports_one_and_many(self):
        network, subnet = self.subnet()
        self.whole("port", {"description": "second", "device_id": "device"}, network_id=network.id, fixed_ips=[{"subnet_id": subnet.id}])
        many = list(self.network.create_ports([{"network_id": network.id, "description": "many"} for _ in range(20)]))
        for port in many:
            self.addCleanup(self.network.delete_port, port, if_revision=port.revision_number)
        self.assertEqual(20, len({port.mac_address for port in many}))
        self.assertEqual(20, len(list(self.network.ports(network_id=network.id, description="many", limit=7))))

    def test_a_change_of_what_was_not_seen_is_refused(self):
        network, _ = self.subnet()
        seen = self.network.get_network(network.id)
        self.network.update_network(seen.id, description="somebody else's")
        with self.assertRaises(openstack.exceptions.HttpException) as refused:
            self.network.update_network(seen, description="mine", if_revision=seen.revision_number)
        self.assertEqual(412, refused.exception.status_code)

    def test_security_groups_and_address_groups(self):
        addresses = self.whole("address_group", {"description": "second"}, name=some("addresses"), addresses=["10.1.0.0/24"])
        self.network.add_addresses_to_address_group(addresses, ["10.2.0.0/24"])
        self.network.remove_addresses_from_address_group(addresses, ["10.1.0.0/24"])
        self.assertEqual(["10.2.0.0/24"], self.network.get_address_group(addresses.id).addresses)
        group = self.whole("security_group", {"name": some("other"), "stateful": False}, name=some("group"))
        rules = list(self.network.create_security_group_rules([
            {"security_group_id": group.id, "direction": "ingress", "protocol": "tcp", "port_range_min": port, "port_range_max": port, "remote_address_group_id": addresses.id} for port in (80, 443)]))
        self.assertEqual({80, 443}, {rule.port_range_min for rule in rules})
        for rule in rules:
            self.network.delete_security_group_rule(rule)

    def test_routers_and_floating_addresses(self):
        network, subnet = self.subnet()
        outside = self.network.create_network(name=some("outside"), is_router_external=True)
        self.addCleanup(self.network.delete_network, outside)
        pool = self.network.create_subnet(network_id=outside.id, ip_version=4, cidr="172.31.2.0/24", is_dhcp_enabled=False)
        self.addCleanup(self.network.delete_subnet, pool)
        router = self.whole("router", {"description": "second"}, name=some("router"), external_gateway_info={"network_id": outside.id})
        self.network.add_interface_to_router(router, subnet_id=subnet.id)
        self.addCleanup(self.network.remove_interface_from_router, router, subnet_id=subnet.id)
        self.network.add_extra_routes_to_router(router, {"router": {"routes": [{"destination": "10.78.0.0/16", "nexthop": "10.40.0.9"}]}})
        self.network.remove_extra_routes_from_router(router, {"router": {"routes": [{"destination": "10.78.0.0/16", "nexthop": "10.40.0.9"}]}})
        port = self.network.create_port(network_id=network.id)
        self.addCleanup(self.network.delete_port, port)
        floating = self.whole("ip", {"port_id": port.id}, floating_network_id=outside.id)
        self.assertEqual(router.id, floating.router_id)

    def test_quality_of_service(self):
        policy = self.whole("qos_policy", {"description": "second"}, name=some("policy"))
        for kind, said, changed in (("bandwidth_limit", {"max_kbps": 1000}, {"max_kbps": 2000}), ("dscp_marking", {"dscp_mark": 26}, {"dscp_mark": 8}),
                                    ("minimum_bandwidth", {"min_kbps": 10}, {"min_kbps": 20}), ("minimum_packet_rate", {"min_kpps": 10}, {"min_kpps": 20})):
            with self.subTest(kind):
                rule = getattr(self.network, f"create_qos_{kind}_rule")(policy, **said)
                now = getattr(self.network, f"update_qos_{kind}_rule")(rule, policy, **changed)
                self.assertEqual(changed, {name: getattr(now, name) for name in changed})
                getattr(self.network, f"delete_qos_{kind}_rule")(rule, policy)

    def test_trunks_and_sharing(self):
        network, _ = self.subnet()
        parent, child = (self.network.create_port(network_id=network.id) for _ in range(2))
        for port in (parent, child):
            self.addCleanup(self.network.delete_port, port)
        trunk = self.whole("trunk", {"description": "second"}, name=some("trunk"), port_id=parent.id)
        self.network.add_trunk_subports(trunk, [{"port_id": child.id, "segmentation_type": "vlan", "segmentation_id": 7}])
        self.network.delete_trunk_subports(trunk, [{"port_id": child.id}])
        self.whole("rbac_policy", {"target_project_id": "other"}, object_type="network", object_id=network.id, action="access_as_shared", target_project_id="some")

    def test_tags_quotas_and_extensions(self):
        network, _ = self.subnet()
        self.network.set_tags(network, ["red", "blue"])
        self.assertIn(network.id, [one.id for one in self.network.networks(tags="red")])
        self.assertEqual([], [one.id for one in self.network.networks(not_tags="red") if one.id == network.id])
        self.network.update_quota(network.project_id, networks=70)
        self.addCleanup(self.network.delete_quota, network.project_id)
        self.assertEqual(70, self.network.get_quota(network.project_id).networks)
        self.assertGreaterEqual(self.network.get_quota(network.project_id, details=True).subnets["used"], 1)
        self.assertEqual("sfc", self.network.find_extension("sfc").alias)


if __name__ == "__main__":
    words = sys.argv[1:]
    loader, suite = unittest.TestLoader(), unittest.TestSuite()
    for case in (TheCommand, TheLibrary):
        for name in loader.getTestCaseNames(case):
            if not words or any(word in name for word in words):
                suite.addTest(case(name))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    for failed, _ in result.failures + result.errors:
        print(f"    {failed} [FAIL]")
    print(f"   tests/neutron/openstack  Total: {result.testsRun}, Errors: {len(result.errors)}, Failed: {len(result.failures)}, Skipped: {len(result.skipped)}")
    sys.exit(not result.wasSuccessful())
