namespace Demilune.Rules.Headers;

/// <summary>Which way bytes travel in their flow. The client is who sent the first packet.</summary>
[Flags]
public enum FlowDirections : byte
{
    None = 0,
    ToServer = 1,
    ToClient = 2,
    Both = ToServer | ToClient,
}
