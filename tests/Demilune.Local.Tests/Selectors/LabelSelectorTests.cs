using System.Text.Json;
using Demilune.Local.Api;
using Demilune.Local.Selectors;

namespace Demilune.Local.Tests.Selectors;

public sealed class LabelSelectorTests
{
    private static readonly JsonElement Web = JsonElement.Parse("""{"metadata":{"labels":{"app":"web","tier":"front","empty":""}}}""");

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier=front", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("app!=web", false)]
    [InlineData("missing!=web", true)]
    [InlineData("app in (api, web)", true)]
    [InlineData("app notin (api,web)", false)]
    [InlineData("missing notin (api)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!missing", true)]
    [InlineData("empty=", true)]
    [InlineData("app in (web),!missing,tier", true)]
    public void It_selects_as_kubernetes_does(string selector, bool selected) => Assert.Equal(selected, LabelSelector.Parse(selector).Matches(Web));

    [Theory]
    [InlineData("a=b,")]
    [InlineData("=b")]
    [InlineData("a in")]
    [InlineData("a between (1,2)")]
    [InlineData("a=b c")]
    [InlineData("-a=b")]
    public void What_is_no_selector_is_a_bad_request(string selector) => Assert.Equal(400, Assert.Throws<StatusException>(() => LabelSelector.Parse(selector)).Code);

    [Theory]
    [InlineData("""{}""", true)]
    [InlineData("""{"matchLabels":{"app":"web"}}""", true)]
    [InlineData("""{"matchLabels":{"app":"api"}}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"In","values":["web"]},{"key":"no","operator":"DoesNotExist"}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"Sometimes"}]}""", false)]
    public void A_selector_in_an_object_selects_the_same_way(string selector, bool selected) => Assert.Equal(selected, LabelSelector.Selects(JsonElement.Parse(selector), Web));
}
