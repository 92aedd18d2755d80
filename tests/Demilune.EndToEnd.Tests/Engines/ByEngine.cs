using Xunit.Sdk;
using Xunit.v3;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>Ours first, then the exchange, then the other: each exchange takes as long as all else together.</summary>
public sealed class ByEngine : ITestCaseOrderer
{
    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase =>
        [.. testCases.OrderBy(one => one.TestCaseDisplayName.Contains("suricata", StringComparison.Ordinal) ? 2 : one.TestCaseDisplayName.Contains("demilune\"", StringComparison.Ordinal) ? 0 : 1)];
}
