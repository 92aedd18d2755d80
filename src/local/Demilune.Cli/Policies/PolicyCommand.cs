using System.CommandLine;

namespace Demilune.Cli.Policies;

/// <summary><c>demilune policy</c>: what policies mean.</summary>
public static class PolicyCommand
{
    public static Command Create() => new("policy", "Answers what policies mean, from the same compiled intent that the network is made of.")
    {
        PolicyExplainCommand.Create(),
        PolicyTestCommand.Create(),
        PolicyDiffCommand.Create(),
    };
}
