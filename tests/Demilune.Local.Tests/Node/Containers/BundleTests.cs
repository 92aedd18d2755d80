using Demilune.Local.Images;
using Demilune.Local.Node;
using Demilune.Local.Node.Containers;
using k8s.Models;

namespace Demilune.Local.Tests.Node.Containers;

public sealed class BundleTests
{
    private static readonly IReadOnlySet<string> Everything = Capabilities.FromMask(ulong.MaxValue);

    [Fact]
    public void Dropping_all_leaves_what_is_added() =>
        Assert.Equal(["CAP_NET_RAW", "CAP_SYS_NICE"], Capabilities.Of(
            new V1SecurityContext { Capabilities = new V1Capabilities { Drop = ["ALL"], Add = ["NET_RAW", "sys_nice"] } }, Everything));

    [Fact]
    public void By_default_there_is_no_power_over_the_machine() =>
        Assert.Empty(Capabilities.Of(null, Everything).Intersect(["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_BPF", "CAP_SYS_PTRACE", "CAP_SYS_MODULE", "CAP_DAC_READ_SEARCH"]));

    [Fact]
    public void A_word_that_is_no_capability_is_refused() =>
        Assert.Contains("CAP_FLY", Assert.Throws<NodeException>(() => Capabilities.Of(new V1SecurityContext { Capabilities = new V1Capabilities { Add = ["CAP_FLY"] } }, Everything)).Message);

    [Fact]
    public void Limits_become_kernel_numbers()
    {
        var resources = Bundle.Resources(new V1ResourceRequirements
        {
            Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = "250m" },
            Limits = new Dictionary<string, ResourceQuantity> { ["cpu"] = "1500m", ["memory"] = "256Mi" },
        }, privileged: false);
        Assert.Equal(256, (long)resources["cpu"]!["shares"]!);
        Assert.Equal(150_000, (long)resources["cpu"]!["quota"]!);
        Assert.Equal(256L << 20, (long)resources["memory"]!["limit"]!);
    }

    [Fact]
    public void An_image_that_runs_as_root_is_refused_where_root_is_not_wanted()
    {
        var pod = SomePod.Running("").With(container => container with { SecurityContext = new V1SecurityContext { RunAsNonRoot = true } });
        Assert.Throws<NodeException>(() => Users.Resolve(pod, pod.Spec.Containers[0], "", "root:x:0:0::/:/bin/sh", ""));
        var user = Users.Resolve(pod, pod.Spec.Containers[0], "web:www", "web:x:33:5::/:/bin/sh", "www:x:44:\nextra:x:55:web");
        Assert.Equal((33u, 44u), (user.Uid, user.Gid));
        Assert.Equal([55u], user.Groups);
    }

    [Fact]
    public void An_outer_mount_never_hides_an_inner_one()
    {
        var input = new BundleInput(
            SomePod.Running(""), SomePod.Container("main", ""), new ProcessUser(0, 0, []), ["sh"], [], "/", "/root",
            [new BindMount("/b", "/data/inner", false), new BindMount("/a", "/data", true), new BindMount("/c", "/srv", true)], new Dictionary<string, string>(), new Image("r", "id", "/", new ImageConfig()) { HiddenFolders = ["/srv"], PrivateFolders = ["/tmp"] }, Everything, "/x", 0);
        var targets = Bundle.Configuration(input)["mounts"]!.AsArray().Select(mount => (string)mount!["destination"]!).ToList();
        Assert.True(targets.IndexOf("/data") < targets.IndexOf("/data/inner"));
        Assert.True(targets.IndexOf("/srv") < targets.LastIndexOf("/srv"), "what the image hides must not hide a volume");
    }
}
