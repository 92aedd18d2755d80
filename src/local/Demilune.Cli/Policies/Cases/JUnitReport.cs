using System.Globalization;
using System.Xml.Linq;

namespace Demilune.Cli.Policies.Cases;

/// <summary>Results in the form that CI systems read.</summary>
internal static class JUnitReport
{
    public static XDocument Of(IReadOnlyList<CaseResult> results) => new(new XElement(
        "testsuites",
        results.GroupBy(result => Path.GetDirectoryName(result.Name) is { Length: > 0 } family ? family : "policies").Select(family => new XElement(
            "testsuite",
            new XAttribute("name", family.Key),
            new XAttribute("tests", family.Count().ToString(CultureInfo.InvariantCulture)),
            new XAttribute("failures", family.Count(result => result.Failures.Count > 0).ToString(CultureInfo.InvariantCulture)),
            new XAttribute("errors", family.Count(result => result.Unreadable is not null).ToString(CultureInfo.InvariantCulture)),
            family.Select(result => new XElement(
                "testcase",
                new XAttribute("name", Path.GetFileName(result.Name)),
                new XAttribute("classname", family.Key),
                Outcome(result)))))));

    private static XElement? Outcome(CaseResult result)
    {
        if (result.Unreadable is { } why) return new XElement("error", new XAttribute("message", why));
        return result.Failures.Count == 0 ? null : new XElement("failure", new XAttribute("message", result.Failures[0]), string.Join('\n', result.Failures));
    }
}
