using System.Collections.Immutable;

namespace Demilune.Local.Images;

/// <summary>An image ready to run from.</summary>
/// <param name="Reference">Normalised: registry, path, tag.</param>
/// <param name="Id">Digest of its configuration, <c>sha256:…</c>.</param>
/// <param name="RootPath">A folder with the whole file system, read only.</param>
internal sealed record Image(string Reference, string Id, string RootPath, ImageConfig Config)
{
    /// <summary>Folders and files inside that no container may see; a volume may be mounted there all the same.</summary>
    public ImmutableArray<string> HiddenFolders { get; init; } = [];

    /// <inheritdoc cref="HiddenFolders"/>
    public ImmutableArray<string> HiddenFiles { get; init; } = [];

    /// <summary>Folders that each container gets empty and writable instead.</summary>
    public ImmutableArray<string> PrivateFolders { get; init; } = [];
}

/// <summary>The part of an OCI image configuration that decides how a container runs.</summary>
internal sealed record ImageConfig
{
    public ImmutableArray<string> Entrypoint { get; init; } = [];
    public ImmutableArray<string> Command { get; init; } = [];
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary><c>user</c>, <c>uid</c>, <c>user:group</c> or <c>uid:gid</c>; empty is root.</summary>
    public string User { get; init; } = "";

    public string WorkingDirectory { get; init; } = "/";
    public string? StopSignal { get; init; }
}
