using System.Text.Json.Nodes;

namespace Demilune.Local.Tests.EndToEnd;

/// <summary>What a stranger types, with the real kubectl.</summary>
public sealed class KubectlTests(Cluster cluster) : IClassFixture<Cluster>
{
    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: NAME, labels: {app: web}}
        spec: {containers: [{name: c, image: nginx}]}
        """;

    private const string Crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: guards.test.demilune.dev}
        spec:
          group: test.demilune.dev
          names: {plural: guards, kind: Guard, shortNames: [gd]}
          scope: Namespaced
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            additionalPrinterColumns:
            - {name: Mode, type: string, jsonPath: .spec.mode}
            - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    required: [count]
                    properties:
                      mode: {type: string, description: How strict it is., enum: [Prevent, Detect], default: Prevent}
                      count: {type: integer, minimum: 1}
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """;

    [Fact]
    public async Task Apply_twice_get_label_annotate_patch_and_delete_a_pod()
    {
        await cluster.KubectlAsync("create namespace basics");
        var manifest = Pod.Replace("NAME", "web");
        Assert.Contains("pod/web created", await cluster.KubectlAsync("apply -n basics -f -", manifest));
        Assert.Contains("pod/web unchanged", await cluster.KubectlAsync("apply -n basics -f -", manifest));
        var wide = await cluster.KubectlAsync("get pods -n basics -o wide");
        Assert.Matches(@"NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE", wide);
        Assert.Matches(@"web\s+0/1\s+Pending\s+0\s+\d+s\s+<none>\s+<none>", wide);
        await cluster.KubectlAsync("label pod web -n basics tier=front");
        await cluster.KubectlAsync("annotate pod web -n basics note='a b'");
        await cluster.KubectlAsync("patch pod web -n basics -p '{\"metadata\":{\"labels\":{\"strategic\":\"yes\"}}}'");
        await cluster.KubectlAsync("patch pod web -n basics --type merge -p '{\"metadata\":{\"labels\":{\"merged\":\"yes\",\"tier\":null}}}'");
        await cluster.KubectlAsync("patch pod web -n basics --type json -p '[{\"op\":\"add\",\"path\":\"/metadata/labels/json\",\"value\":\"yes\"}]'");
        var pod = JsonNode.Parse(await cluster.KubectlAsync("get pod web -n basics -o json"))!;
        Assert.Equal(["app", "json", "merged", "strategic"], pod["metadata"]!["labels"]!.AsObject().Select(label => label.Key).Order());
        Assert.Equal("a b", pod["metadata"]!["annotations"]!["note"]!.GetValue<string>());
        Assert.Contains("kind: Pod", await cluster.KubectlAsync("get pod web -n basics -o yaml"));
        Assert.Contains("FailedScheduling", await cluster.KubectlAsync("describe pod web -n basics"));
        Assert.Contains("FailedScheduling", await cluster.KubectlAsync("get events -n basics"));
        Assert.Contains("deleted", await cluster.KubectlAsync("delete pod web -n basics --timeout=20s"));
        Assert.Contains("NotFound", await cluster.KubectlAsync("get pod web -n basics", expectedCode: 1));
    }

    [Fact]
    public async Task A_server_side_apply_conflict_names_the_other_manager_and_force_wins()
    {
        static string Map(string value) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shared}}\ndata: {{key: \"{value}\"}}\n";
        await cluster.KubectlAsync("apply --server-side --field-manager=one -f -", Map("1"));
        var conflict = await cluster.KubectlAsync("apply --server-side --field-manager=two -f -", Map("2"), expectedCode: 1);
        Assert.Contains("conflict with \"one\" using v1: .data.key", conflict);
        await cluster.KubectlAsync("apply --server-side --field-manager=two --force-conflicts -f -", Map("2"));
        Assert.Equal("2", await cluster.KubectlAsync("get configmap shared -o jsonpath={.data.key}"));
    }

    [Fact]
    public async Task A_custom_resource_has_its_columns_defaults_validation_and_explanation()
    {
        await cluster.KubectlAsync("apply -f -", Crd);
        await cluster.KubectlAsync("wait --for=condition=Established crd/guards.test.demilune.dev --timeout=10s");
        const string Good = "apiVersion: test.demilune.dev/v1\nkind: Guard\nmetadata: {name: good}\nspec: {count: 2}\n";
        await cluster.KubectlAsync("apply -f -", Good);
        Assert.Matches(@"good\s+Prevent", await cluster.KubectlAsync("get gd"));
        await cluster.KubectlAsync("patch guard good --subresource=status --type=merge -p '{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}'");
        Assert.Matches(@"good\s+Prevent\s+True", await cluster.KubectlAsync("get guards"));
        await cluster.KubectlAsync("wait --for=condition=Ready guard/good --timeout=10s");
        var refused = await cluster.KubectlAsync("apply -f -", Good.Replace("count: 2", "mode: Maybe"), expectedCode: 1);
        Assert.Contains("spec.count: Required value", refused);
        Assert.Contains("supported values: \"Prevent\", \"Detect\"", refused);
        Assert.Contains("unknown field \"spec.typo\"", await cluster.KubectlAsync("apply -f -", Good.Replace("count: 2", "count: 2, typo: 1"), expectedCode: 1));
        Assert.Contains("How strict it is.", await cluster.KubectlAsync("explain guard.spec.mode"));
        Assert.Contains("guards", await cluster.KubectlAsync("api-resources --api-group=test.demilune.dev"));
        await cluster.KubectlAsync("delete crd guards.test.demilune.dev --timeout=20s");
        Assert.DoesNotContain("guards", await cluster.KubectlAsync("api-resources --cached=false"));
    }

    [Fact]
    public async Task Explain_tells_the_type_and_the_meaning_of_a_built_in_field()
    {
        var explained = await cluster.KubectlAsync("explain pod.spec.containers");
        Assert.Contains("<[]Container>", explained);
        Assert.Contains("imagePullPolicy", explained);
        Assert.Contains("container", await cluster.KubectlAsync("explain pod.spec.containers.image"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Watching_shows_each_change_as_a_row()
    {
        await cluster.KubectlAsync("create namespace watched");
        using var watch = cluster.StartKubectl("get configmaps -n watched -w --no-headers");
        try
        {
            await NextLineAsync(watch, "kube-root-ca.crt");
            await cluster.KubectlAsync("create configmap seen -n watched --from-literal=a=b");
            Assert.Matches(@"seen\s+1", await NextLineAsync(watch, "seen"));
            await cluster.KubectlAsync("patch configmap seen -n watched --type merge -p '{\"data\":{\"c\":\"d\"}}'");
            Assert.Matches(@"seen\s+2", await NextLineAsync(watch, "seen"));
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact]
    public async Task Logs_and_exec_reach_the_node()
    {
        await cluster.KubectlAsync("apply -f -", Pod.Replace("NAME", "talk"));
        Assert.Equal("c line 4\nc line 5\n", await cluster.KubectlAsync("logs talk --tail=2"));
        Assert.Contains("previous terminated container", await cluster.KubectlAsync("logs talk --previous", expectedCode: 1));
        Assert.Equal("hello there\n", await cluster.KubectlAsync("exec talk -- hello there"));
        Assert.Contains("exit code 3", await cluster.KubectlAsync("exec talk -- exit 3", expectedCode: 3));
        Assert.Equal("from stdin", await cluster.KubectlAsync("exec -i talk -- cat", "from stdin"));
        Assert.Contains("not valid for pod", await cluster.KubectlAsync("logs talk -c other", expectedCode: 1));
    }

    [Fact]
    public async Task Deleting_a_namespace_deletes_what_is_in_it_and_lets_nothing_new_in()
    {
        await cluster.KubectlAsync("create namespace going");
        await cluster.KubectlAsync("create configmap held -n going --from-literal=a=b");
        await cluster.KubectlAsync("patch configmap held -n going --type merge -p '{\"metadata\":{\"finalizers\":[\"test.demilune.dev/hold\"]}}'");
        await cluster.KubectlAsync("delete namespace going --wait=false");
        Assert.Equal("Terminating", await cluster.KubectlAsync("get namespace going -o jsonpath={.status.phase}"));
        Assert.Contains("because it is being terminated", await cluster.KubectlAsync("create configmap late -n going --from-literal=a=b", expectedCode: 1));
        await cluster.KubectlAsync("patch configmap held -n going --type merge -p '{\"metadata\":{\"finalizers\":null}}'");
        await cluster.KubectlAsync("wait --for=delete namespace/going --timeout=20s");
    }

    [Fact]
    public async Task The_imperative_commands_that_speak_protobuf_work()
    {
        await cluster.KubectlAsync("create secret generic key --from-literal=a=b");
        Assert.Equal("Yg==", await cluster.KubectlAsync("get secret key -o jsonpath={.data.a}"));
        await cluster.KubectlAsync("create service clusterip front --tcp=80:8080");
        Assert.Equal("8080", await cluster.KubectlAsync("get service front -o jsonpath={.spec.ports[0].targetPort}"));
        await cluster.KubectlAsync("create role reader --verb=get --resource=pods");
        await cluster.KubectlAsync("create rolebinding readers --role=reader --serviceaccount=default:default");
        Assert.Contains("kubernetes-admin", await cluster.KubectlAsync("auth whoami"));
        Assert.Contains("yes", await cluster.KubectlAsync("auth can-i delete pods"));
        var token = (await cluster.KubectlAsync("create token default")).Trim();
        Assert.Contains("system:serviceaccount:default:default", await cluster.KubectlAsync($"auth whoami --token={token} --kubeconfig={WithoutUser()}"));
    }

    [Fact]
    public async Task Dry_run_and_diff_change_nothing()
    {
        await cluster.KubectlAsync("apply --dry-run=server -f -", Pod.Replace("NAME", "dry"));
        Assert.Contains("NotFound", await cluster.KubectlAsync("get pod dry", expectedCode: 1));
        Assert.Contains("+  name: dry", (await cluster.TryKubectlAsync("diff -f -", Pod.Replace("NAME", "dry"))).Output);
    }

    private static async Task<string> NextLineAsync(System.Diagnostics.Process process, string containing)
    {
        while (true)
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new EndOfStreamException();
            if (line.Contains(containing, StringComparison.Ordinal)) return line;
        }
    }

    /// <summary>The kubeconfig with the server but without the administrator's certificate.</summary>
    private string WithoutUser()
    {
        var path = Path.Combine(cluster.Root, "anonymous");
        File.WriteAllLines(path, File.ReadLines(cluster.Kubeconfig).Where(line => !line.Contains("client-", StringComparison.Ordinal)));
        return path;
    }
}
