using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Storage;

namespace Demilune.Local.Access;

/// <summary>Bearer tokens of service accounts: JWTs (RFC 7519) signed with ES256, good as long as account and bound pod exist.</summary>
internal sealed class ServiceAccountTokens : IDisposable
{
    public const string Issuer = "https://kubernetes.default.svc.cluster.local";

    /// <summary>Characters of a token; ours have about 700.</summary>
    private const int MaxLength = 8 << 10;

    private readonly ECDsa _key;
    private readonly ObjectStore _store;
    private readonly TimeProvider _time;

    public ServiceAccountTokens(string keyFile, ObjectStore store, TimeProvider time)
    {
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _store = store;
        _time = time;
        if (File.Exists(keyFile)) _key.ImportFromPem(File.ReadAllText(keyFile));
        else PrivateFile.Write(keyFile, _key.ExportPkcs8PrivateKeyPem());
    }

    /// <param name="pod">The pod the token dies with; null: only with its account.</param>
    public string Issue(StoredObject account, StoredObject? pod, IEnumerable<string> audiences, DateTimeOffset expires)
    {
        var now = _time.GetUtcNow();
        var kubernetes = new JsonObject
        {
            ["namespace"] = account.Name.Namespace, ["serviceaccount"] = new JsonObject { ["name"] = account.Name.Name, ["uid"] = account.Uid },
        };
        if (pod is not null) kubernetes["pod"] = new JsonObject { ["name"] = pod.Name.Name, ["uid"] = pod.Uid };
        var claims = new JsonObject
        {
            ["iss"] = Issuer, ["sub"] = $"system:serviceaccount:{account.Name.Namespace}:{account.Name.Name}", ["aud"] = new JsonArray([.. audiences.Select(a => (JsonNode)a)]),
            ["iat"] = now.ToUnixTimeSeconds(), ["nbf"] = now.ToUnixTimeSeconds(), ["exp"] = expires.ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString(), ["kubernetes.io"] = kubernetes,
        };
        var signed = $"{Base64Url.EncodeToString("""{"alg":"ES256","typ":"JWT"}"""u8)}.{Base64Url.EncodeToString(JsonText.Bytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <param name="audiences">One of which it must have been made for; none: the API server's own.</param>
    /// <returns>Null for anything but a token of ours that is still good.</returns>
    public User? Verify(string token, IReadOnlyCollection<string>? audiences = null)
    {
        if (token.Length > MaxLength || token.Split('.') is not [var header, var body, var signature]) return null;
        if (!TryDecode(signature, out var signatureBytes) || !TryDecode(body, out var bodyBytes)) return null;
        if (!_key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{body}"), signatureBytes, HashAlgorithmName.SHA256)) return null;
        var claims = JsonElement.Parse(bodyBytes);      // our own signature: our own JSON
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        if (claims.Number("exp") is not { } expires || expires <= now) return null;
        if (!claims.Items("aud").Any(audience => (audiences ?? [Issuer]).Contains(audience.Text()))) return null;
        var ns = claims.Text("kubernetes.io", "namespace") ?? "";
        var name = claims.Text("kubernetes.io", "serviceaccount", "name") ?? "";
        if (_store.Current.Find("serviceaccounts", ns, name) is not { } account || account.Uid != claims.Text("kubernetes.io", "serviceaccount", "uid")) return null;
        var pod = claims.Text("kubernetes.io", "pod", "name") is { } podName ? new BoundPod(podName, claims.Text("kubernetes.io", "pod", "uid") ?? "") : null;
        if (pod is not null && _store.Current.Find("pods", ns, pod.Name)?.Uid != pod.Uid) return null;
        return new User($"system:serviceaccount:{ns}:{name}", account.Uid, ["system:serviceaccounts", $"system:serviceaccounts:{ns}", "system:authenticated"]) { Pod = pod };
    }

    public void Dispose() => _key.Dispose();

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text)) return false;
        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}

/// <summary>Who asks.</summary>
internal sealed record User(string Name, string Uid, IReadOnlyList<string> Groups)
{
    /// <summary>Whose token it was; null: no pod's.</summary>
    public BoundPod? Pod { get; init; }
}

/// <summary>The pod that a token dies with.</summary>
internal sealed record BoundPod(string Name, string Uid);
