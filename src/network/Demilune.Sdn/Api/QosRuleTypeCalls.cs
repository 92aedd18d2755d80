using System.Text.Json.Nodes;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>/qos/rule-types: what a rule may limit here.</summary>
internal static class QosRuleTypeCalls
{
    public static ApiAnswer Answer(string[] rest, Caller caller) => rest switch
    {
        [] => new(200, new JsonObject { ["rule_types"] = new JsonArray([.. QosRules.All.Select(rules => new JsonObject { ["type"] = rules.Type })]) }),
        // Which drivers there are is the administrator's matter.
        [_] when !caller.IsAdmin => ApiAnswer.Of(Fault.Forbidden("rule:get_rule_type and rule:get_rule_type:drivers")),
        [var type] when QosRules.All.FirstOrDefault(rules => rules.Type == type) is { } found => new(200, new JsonObject
        {
            ["rule_type"] = new JsonObject
            {
                ["type"] = type,
                ["drivers"] = new JsonArray(new JsonObject
                {
                    ["name"] = "demilune",
                    ["supported_parameters"] = new JsonArray([.. found.Parameters.Select(parameter => new JsonObject
                    {
                        ["parameter_name"] = parameter.Name,
                        ["parameter_values"] = parameter.Choices?.DeepClone() ?? new JsonObject { ["start"] = 0, ["end"] = int.MaxValue },
                        ["parameter_type"] = parameter.Choices is null ? "range" : "choices",
                    })]),
                }),
            },
        }),
        [var type] => ApiAnswer.Of(new(404, "QosRuleTypeNotFound", $"QoS rule type {type} could not be found.")),
        _ => ApiAnswer.Of(Fault.NoSuchPath),
    };
}
