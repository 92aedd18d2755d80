using System.Runtime.CompilerServices;

namespace Demilune.Inspection.Flows;

/// <summary>One for each <see cref="Side"/>, in place: a million flows are a million arrays fewer of each kind.</summary>
[InlineArray(2)]
internal struct BothSides<T>
{
    private T _client;
}
