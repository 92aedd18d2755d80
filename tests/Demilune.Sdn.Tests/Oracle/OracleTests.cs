namespace Demilune.Sdn.Tests.Oracle;

/// <summary>
/// The same requests to a real Neutron and to ours. Requests/*.txt say what is asked, Recorded/*.txt what a Neutron 21 with
/// networking-sfc 15 answered, Differences.txt where ours is to differ.
/// </summary>
/// <remarks>
/// DEMILUNE_NEUTRON_RECORD=1 with OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and NT_API (the Neutron's address) records
/// anew; review the diff.
/// </remarks>
public sealed class OracleTests
{
    private static readonly string Directory = FindDirectory();

    private static bool Recording => Environment.GetEnvironmentVariable("DEMILUNE_NEUTRON_RECORD") is "1";

    /// <summary>DEMILUNE_NEUTRON_SCRIPT=NAME plays one only.</summary>
    private static string Only => Environment.GetEnvironmentVariable("DEMILUNE_NEUTRON_SCRIPT") is { Length: > 0 } name ? name : "*";

    public static TheoryData<string> Names =>
        [.. System.IO.Directory.EnumerateFiles(Path.Combine(Directory, "Requests"), Only + ".txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory, MemberData(nameof(Names))]
    public async Task Ours_answers_as_the_real_one(string name)
    {
        if (Recording)
        {
            Oracle.Recording.Write(Recorded(name), await PlayRealAsync(name));
            return;
        }
        var differences = Differences.Read(Path.Combine(Directory, "Differences.txt"));
        var complaints = Compared(differences, name, await PlayOursAsync(name));
        Assert.True(complaints.Count == 0, $"{complaints.Count} answers differ:\n{string.Join("\n", complaints)}");
    }

    [Fact]
    public async Task Every_wanted_difference_is_met()
    {
        Assert.SkipWhen(Recording, "recording");
        var differences = Differences.Read(Path.Combine(Directory, "Differences.txt"));
        foreach (var row in Names) Compared(differences, row.Data, await PlayOursAsync(row.Data));
        Assert.Empty(differences.Unused);
    }

    [Fact]
    public void The_recording_is_of_these_requests_and_large_enough()
    {
        Assert.SkipWhen(Recording, "recording");
        var requests = 0;
        foreach (var row in Names)
        {
            var recorded = Oracle.Recording.Read(Recorded(row.Data)).Select(exchange => exchange.Request).ToList();
            Assert.Equal(Script.Read(Requests(row.Data)).Select(step => step.ToString()), recorded);
            requests += recorded.Count;
        }
        Assert.True(requests >= 600, $"{requests} requests");
    }

    private static List<string> Compared(Differences differences, string name, IReadOnlyList<Exchange> ours)
    {
        var real = Oracle.Recording.Read(Recorded(name));
        Assert.Equal(real.Count, ours.Count);
        return [.. real.Zip(ours).Select(pair => differences.Compare(pair.First, pair.Second)).OfType<string>()];
    }

    private static async Task<IReadOnlyList<Exchange>> PlayOursAsync(string name)
    {
        await using var local = await LocalNeutron.StartAsync();
        using var http = new HttpClient { BaseAddress = local.Address };
        using var identity = new HttpClient { BaseAddress = new(local.Address, "identity/v3/") };
        var (tokens, projects) = await LoginAsync(new(identity), role => (role, "secret"));
        return await new Player(http, tokens, projects).PlayAsync(Script.Read(Requests(name)));
    }

    private static async Task<IReadOnlyList<Exchange>> PlayRealAsync(string name)
    {
        using var http = new HttpClient { BaseAddress = new(Set("NT_API").TrimEnd('/') + "/"), Timeout = TimeSpan.FromMinutes(5) };
        using var identity = new HttpClient { BaseAddress = new(Set("OS_AUTH_URL").TrimEnd('/') + "/") };
        var keystone = new Keystone(identity);
        var (admin, _) = await keystone.LoginAsync(Set("OS_USERNAME"), Set("OS_PASSWORD"), Set("OS_PROJECT_NAME"));
        var mark = Guid.NewGuid().ToString("N")[..8];
        foreach (var role in LocalNeutron.Roles) await keystone.AddAsync(admin, $"{role}-{mark}", "secret", role == "admin" ? "admin" : "member");
        var (tokens, projects) = await LoginAsync(keystone, role => ($"{role}-{mark}", "secret"));
        return await new Player(http, tokens, projects).PlayAsync(Script.Read(Requests(name)));
    }

    private static async Task<(Dictionary<string, string> Tokens, Dictionary<string, string> Projects)> LoginAsync(
        Keystone keystone, Func<string, (string Name, string Password)> account)
    {
        var (tokens, projects) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        foreach (var role in LocalNeutron.Roles)
            (tokens[role], projects[role]) = await keystone.LoginAsync(account(role).Name, account(role).Password, account(role).Name);
        return (tokens, projects);
    }

    private static string Requests(string name) => Path.Combine(Directory, "Requests", name + ".txt");

    private static string Recorded(string name) => Path.Combine(Directory, "Recorded", name + ".txt");

    private static string Set(string variable) =>
        Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"{variable} is not set: see docs/neutron.md");

    /// <summary>The sources, not the output: recording is to change the repository.</summary>
    private static string FindDirectory()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
            if (System.IO.Directory.Exists(Path.Combine(at, "tests/Demilune.Sdn.Tests/Oracle")))
                return Path.Combine(at, "tests/Demilune.Sdn.Tests/Oracle");
        throw new DirectoryNotFoundException("tests/Demilune.Sdn.Tests/Oracle is not above " + AppContext.BaseDirectory);
    }
}
