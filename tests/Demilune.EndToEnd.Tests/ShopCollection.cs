using Demilune.EndToEnd.Tests.Engines;
using Xunit.Sdk;
using Xunit.v3;

// Whole clusters: two cores are enough for one of them at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Demilune.EndToEnd.Tests;

/// <summary>Tests that leave their cluster as they found it share one: to bring one up and down takes most of a minute.</summary>
[CollectionDefinition(Name)]
public sealed class ShopCollection : ICollectionFixture<DemiluneFixture>
{
    public const string Name = "shop";
}
