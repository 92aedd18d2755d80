using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Health;
using Demilune.Firewall.Tests.Link;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>The executable itself, between two real peers and a node agent.</summary>
public sealed class ProcessTests
{
    public ProcessTests() => Assert.SkipWhen(Line.WhyNot is not null, Line.WhyNot ?? "");

    [Theory]
    [InlineData("demilune")]
    [InlineData("suricata")]
    public async Task It_loads_what_the_agent_says_blocks_tells_who_it_was_and_stops_when_told(string engine)
    {
        Assert.SkipWhen(engine == "suricata" && Suricata.WhyNot is not null, Suricata.WhyNot ?? "");
        using var line = new Line();
        if (engine == "suricata") line.AsFromACable();
        using var agent = new FakeAgent(FakeAgent.NewPath());
        using var firewall = new RunningProcess(line, agent.Path, engine);
        using (var connection = await agent.AcceptAsync())
        {
            Assert.Equal(engine, (await connection.ReadAsync()).Hello!.Engine);
            Assert.NotEqual(HealthState.Ok, await HealthSocket.AskAsync(firewall.Health));
            await connection.SendAsync(new ToFirewall
            {
                Identities = new(1, [new(1, ["198.18.7.1"], "shop", "attacker", new Dictionary<string, string> { ["app"] = "attacker" })]),
            });
            await connection.SendAsync(new ToFirewall { Policies = new(1, [new(42, "web", 1, true, [new("inline", TestRules.Evil)])]) });
            Assert.True(Assert.Single((await connection.ReadAsync(message => message.Loaded)).Policies).Ok);
            await firewall.IsHealthyAsync();

            Assert.True(await IsBlockedAsync(line, "/evil"), firewall.Errors);
            var alert = (await connection.ReadAsync(message => message.Eve is { } eve && eve.GetProperty("event_type").GetString() == "alert" ? message : null)).Eve!.Value;
            Assert.Equal("blocked", alert.GetProperty("alert").GetProperty("action").GetString());
            Assert.Equal("attacker", alert.GetProperty("kubernetes").GetProperty("source").GetProperty("pod").GetString());
            Assert.Equal("web", alert.GetProperty("kubernetes").GetProperty("policy").GetString());
            Assert.False(await IsBlockedAsync(line, "/other", mayPass: true));

            var stats = await connection.ReadAsync(message => message.Stats is { Alerts: > 0 } counted ? counted : null);
            Assert.Equal(1, stats.Alerts);
            Assert.True(stats.FramesIn > 0 && stats.FlowsSeen > 0 && stats.MemoryBytes > 0);

            // A set whose only policy is wrong: the rules that were in force stay.
            await connection.SendAsync(new ToFirewall { Policies = new(2, [new(42, "web", 2, true, [new("inline", TestRules.Wrong)])]) });
            Assert.False(Assert.Single((await connection.ReadAsync(message => message.Loaded)).Policies).Ok);
            Assert.True(await IsBlockedAsync(line, "/evil"));
        }

        // The agent restarts: inspection goes on without it, and it is told everything again.
        using (var connection = await agent.AcceptAsync())
        {
            Assert.True(await IsBlockedAsync(line, "/evil"));
            await connection.SendAsync(new ToFirewall { Policies = new(1, [new(42, "web", 3, true, [new("inline", TestRules.Other)])]) });
            Assert.True(Assert.Single((await connection.ReadAsync(message => message.Loaded)).Policies).Ok);
            Assert.False(await IsBlockedAsync(line, "/evil", mayPass: true));
            Assert.True(await IsBlockedAsync(line, "/other"));

            // Only told about, then no policy at all: what nobody knows the policy of does not pass.
            await connection.SendAsync(new ToFirewall { Policies = new(2, [new(42, "web", 4, false, [new("inline", TestRules.Other)])]) });
            Assert.True(Assert.Single((await connection.ReadAsync(message => message.Loaded)).Policies).Ok);
            Assert.False(await IsBlockedAsync(line, "/other", mayPass: true));
            // The tag of the frames stands for the policy of another; then for a refused one that fails open.
            await connection.SendAsync(new ToFirewall { Policies = new(3, [new(41, "other", 5, true, [new("inline", TestRules.Evil)])], [new(42, [41], [])]) });
            Assert.Equal([41, 42], (await connection.ReadAsync(message => message.Loaded)).Tags!);
            Assert.True(await IsBlockedAsync(line, "/evil"));
            await connection.SendAsync(new ToFirewall { Policies = new(3, [new(42, "open", 6, true, [new("inline", TestRules.Wrong)], FailsOpen: true)]) });
            Assert.False(Assert.Single((await connection.ReadAsync(message => message.Loaded)).Policies).Ok);
            Assert.False(await IsBlockedAsync(line, "/evil", mayPass: true));
            await connection.SendAsync(new ToFirewall { Policies = new(4, []) });
            Assert.Empty((await connection.ReadAsync(message => message.Loaded)).Policies);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => IsBlockedAsync(line, "/other"));
        }

        Assert.Equal(0, firewall.Terminate());
        var printed = firewall.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(printed, text => JsonDocument.Parse(text).RootElement.GetProperty("event_type").GetString() == "alert");
    }

    [Fact]
    public void An_interface_that_goes_away_ends_it_with_an_error_that_names_it()
    {
        var line = new Line();
        using var firewall = new RunningProcess(line, agent: null);
        firewall.WaitForError("forwarding between");
        line.Dispose();
        Assert.Equal(1, firewall.Exit());
        Assert.Contains("is gone", firewall.Errors, StringComparison.Ordinal);
    }

    /// <param name="mayPass">Wait for as long as it takes; else a silent drop is seen by the silence of two seconds.</param>
    private static async Task<bool> IsBlockedAsync(Line line, string path, bool mayPass = false)
    {
        using var listener = line.Listen(8080);
        using var client = line.NewClient();
        using var connecting = new CancellationTokenSource(TimeSpan.FromSeconds(mayPass ? 20 : 4));
        await client.ConnectAsync(Line.ServerAddress, 8080, connecting.Token);
        using var server = await listener.AcceptSocketAsync(FakeAgent.Patience());
        using var silence = new CancellationTokenSource(mayPass ? TimeSpan.FromSeconds(20) : TimeSpan.FromSeconds(2));
        var bytes = new byte[1000];
        try
        {
            await client.Client.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
            return await server.ReceiveAsync(bytes, silence.Token) == 0;
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
        catch (OperationCanceledException) when (!mayPass)
        {
            return true;
        }
    }

    /// <summary>demilune-firewall at work, killed at the end if it still runs.</summary>
    private sealed class RunningProcess : IDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _output = new();
        private readonly StringBuilder _errors = new();
        private readonly string _work = Directory.CreateTempSubdirectory("demilune-suricata-").FullName;

        public RunningProcess(Line line, string? agent, string engine = "demilune")
        {
            Health = $"demilune-test-{line.In}";
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "demilune-firewall"))
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            foreach (var word in (string[])["--in", line.In, "--out", line.Out, "--rules", AppContext.BaseDirectory, "--health", Health])
                start.ArgumentList.Add(word);
            if (engine == "suricata")
                foreach (var word in (string[])["--engine", engine, "--suricata", Suricata.Program, "--suricata-files", Suricata.Files, "--work", _work])
                    start.ArgumentList.Add(word);
            if (agent is not null)
            {
                start.ArgumentList.Add("--agent");
                start.ArgumentList.Add(agent);
            }
            _process = Process.Start(start)!;
            _process.OutputDataReceived += (_, text) => Append(_output, text.Data);
            _process.ErrorDataReceived += (_, text) => Append(_errors, text.Data);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public string Health { get; }

        public string Output { get { lock (_output) return _output.ToString(); } }

        public string Errors { get { lock (_errors) return _errors.ToString(); } }

        public async Task IsHealthyAsync()
        {
            var answer = "";
            for (var i = 0; i < 100 && (answer = await HealthSocket.AskAsync(Health)) != HealthState.Ok; i++) await Task.Delay(50);
            Assert.Equal(HealthState.Ok, answer);
        }

        public void WaitForError(string text)
        {
            for (var i = 0; i < 400 && !Errors.Contains(text, StringComparison.Ordinal); i++) Thread.Sleep(50);
            Assert.Contains(text, Errors, StringComparison.Ordinal);
        }

        public int Terminate()
        {
            Command.Run("kill", $"-TERM {_process.Id}");
            return Exit();
        }

        public int Exit()
        {
            Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(20)), $"it did not end: {Errors}");
            _process.WaitForExit();     // until both streams are read
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            Directory.Delete(_work, recursive: true);
            _process.Dispose();
        }

        private static void Append(StringBuilder all, string? text)
        {
            if (text is null) return;
            lock (all) all.Append(text).Append('\n');
        }
    }
}
