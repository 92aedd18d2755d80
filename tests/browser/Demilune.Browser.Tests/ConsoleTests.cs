using System.Diagnostics;
using Microsoft.Playwright;

namespace Demilune.Browser.Tests;

/// <summary>What somebody sees and does in the console, in Debian's Chromium. Screenshots are left for people to look at.</summary>
public sealed class ConsoleTests(OpenConsole console) : IClassFixture<OpenConsole>
{
    private static readonly string[] Pages = ["topology", "policies", "policies/web", "pods", "firewalls", "alerts", "flows", "jobs", "alarms", "managers"];

    [Fact]
    public async Task Nobody_gets_in_without_a_token_of_the_cluster()
    {
        var context = await console.Browser.NewContextAsync(new() { BaseURL = console.Address.ToString() });
        var page = await context.NewPageAsync();
        foreach (var path in Pages.Prepend(""))
        {
            await page.GotoAsync("/" + path);
            Assert.Equal("/login", new Uri(page.Url).AbsolutePath);
        }
        await page.GetByLabel("A token of the cluster").FillAsync("a token that somebody made up");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        Assert.Contains("does not know this token", await page.GetByRole(AriaRole.Alert).TextContentAsync());
        var circuit = await context.APIRequest.PostAsync("/_blazor/negotiate?negotiateVersion=1");
        Assert.Equal(401, circuit.Status);
    }

    [Fact]
    public async Task A_login_that_another_site_sends_is_refused()
    {
        var context = await console.Browser.NewContextAsync(new() { BaseURL = console.Address.ToString() });
        var form = context.APIRequest.CreateFormData();
        form.Set("token", OpenConsole.AdministratorToken);
        var answer = await context.APIRequest.PostAsync("/enter", new() { Form = form, MaxRedirects = 0 });
        Assert.Equal("/login?why=stale", answer.Headers["location"]);
        Assert.DoesNotContain(await context.CookiesAsync(), cookie => cookie.Name == "demilune-console");
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Every_page_shows_itself_without_an_error_and_asks_nothing_of_anybody_else(ColorScheme scheme)
    {
        if (console.Cluster.Traffic.Alerts == 0) console.Cluster.Fill();
        var (page, wrong) = await console.EnterAsync(scheme: scheme);
        Directory.CreateDirectory(OpenConsole.Screenshots);
        await page.ScreenshotAsync(new() { Path = Shot("overview") });
        foreach (var path in Pages)
        {
            var asked = Stopwatch.GetTimestamp();
            await page.GotoAsync("/" + path);
            await page.Locator("h1").WaitForAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"/{path}: shown after {Stopwatch.GetElapsedTime(asked).TotalMilliseconds:0} ms, with {MadeUpCluster.Pods} pods and {console.Cluster.Traffic.Alerts} alerts");
            await page.ScreenshotAsync(new() { Path = Shot(path) });
        }
        Assert.Equal("", string.Join(Environment.NewLine, wrong));

        string Shot(string name) => Path.Combine(OpenConsole.Screenshots, $"{name.Replace('/', '-')}-{scheme}.png");
    }

    [Fact]
    public async Task A_new_alert_shows_by_itself_and_leads_to_its_bytes_and_its_policy()
    {
        var (page, wrong) = await console.EnterAsync();
        if (console.Cluster.Traffic.Alerts == 0) console.Cluster.Fill();
        var happened = Stopwatch.GetTimestamp();
        console.Cluster.Attack(3, "something that was never seen before");
        await page.GetByRole(AriaRole.Link, new() { Name = "something that was never seen before" }).WaitForAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"an alert among {console.Cluster.Traffic.Alerts} shows by itself after {Stopwatch.GetElapsedTime(happened).TotalMilliseconds:0} ms");
        await page.GetByRole(AriaRole.Link, new() { Name = "something that was never seen before" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "something that was never seen before" }).WaitForAsync();
        // Shown, not run: the bytes are an attacker's.
        Assert.Contains("<script>alert(1)</script>", await page.Locator("figure pre").TextContentAsync());
        await page.Locator("dl.facts").GetByRole(AriaRole.Link, new() { Name = "web", Exact = true }).ClickAsync();
        await page.GetByText("19 of 20 instances have loaded it").First.WaitForAsync();
        Assert.Equal("", string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task Lists_are_searched_and_paged()
    {
        var (page, _) = await console.EnterAsync(OpenConsole.ReaderToken);
        await page.GotoAsync("/pods");
        var found = page.GetByText("1 of 5,000 pods");
        // What is typed before the page has its connection is not heard.
        while (!await found.IsVisibleAsync())
        {
            await page.GetByRole(AriaRole.Searchbox).FillAsync("");
            await page.GetByRole(AriaRole.Searchbox).PressSequentiallyAsync("payments/web-4999");
            await Task.Delay(500);
        }
        await page.GetByText("web-4999").First.WaitForAsync();
    }

    [Fact]
    public async Task An_administrator_acknowledges_an_alarm_and_a_reader_cannot()
    {
        var (reader, _) = await console.EnterAsync(OpenConsole.ReaderToken);
        await reader.GotoAsync("/alarms");
        await reader.GetByText("no heartbeat for 2 s").WaitForAsync();
        Assert.Equal(0, await reader.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).CountAsync());
        var (page, wrong) = await console.EnterAsync();
        await page.GotoAsync("/alarms");
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" });
        // What is clicked before the page has its connection is not heard.
        while (await button.CountAsync() > 0)
        {
            await button.ClickAsync();
            await Task.Delay(500);
        }
        await page.GetByRole(AriaRole.Cell, new() { Name = "administrator" }).WaitForAsync();
        Assert.Equal("", string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task Who_signs_out_is_out()
    {
        var (page, _) = await console.EnterAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByLabel("A token of the cluster").WaitForAsync();
        await page.GotoAsync("/alerts");
        Assert.Equal("/login", new Uri(page.Url).AbsolutePath);
    }

    [Fact]
    public async Task The_keyboard_reaches_everything()
    {
        var (page, _) = await console.EnterAsync();
        var reached = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(await page.EvaluateAsync<string>("document.activeElement.textContent.trim()"));
        }
        foreach (var name in (string[])["Skip to the content", "Topology", "Alerts", "Flows", "Light / dark", "Sign out"])
            Assert.Contains(name, reached);
    }
}
