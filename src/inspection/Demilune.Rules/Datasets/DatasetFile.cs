using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Demilune.Rules.Datasets;

/// <summary>How a set is written in a file: an element a line, with a comma and a number after it where the set is of reputations.</summary>
public static class DatasetFile
{
    /// <summary>Adds what a file says.</summary>
    /// <param name="hasReputations">Each line has a reputation.</param>
    /// <param name="error">What is wrong in which line; null: nothing.</param>
    public static bool TryRead(Dataset set, string text, bool hasReputations, string file, out string? error)
    {
        error = null;
        var number = 0;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            number++;
            var line = raw.Trim();
            if (line.IsEmpty || line[0] == '#') continue;
            var comma = line.IndexOf(',');
            var element = (comma < 0 ? line : line[..comma]).Trim();
            ushort reputation = 0;
            if (comma >= 0 && !ushort.TryParse(line[(comma + 1)..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out reputation))
                error = $"bad rep for dataset {set.Name}/{file}: '{line[(comma + 1)..]}' is not a valid reputation value (line {number})";
            else if (hasReputations && comma < 0)
                error = $"bad rep for dataset {set.Name}/{file}: line {number} has none";
            else if (!TryParse(set.Type, element, out var bytes))
                error = set.Type switch
                {
                    DatasetType.String => $"bad base64 encoding {set.Name}/{file} (line {number})",
                    DatasetType.Md5 or DatasetType.Sha256 => $"bad hash for dataset {set.Name}/{file} (line {number})",
                    _ => $"dataset data parse failed {set.Name}/{file}: '{element}' is no address (line {number})",
                };
            else set.Add(bytes, reputation);
            if (error is not null) return false;
        }
        return true;
    }

    /// <summary>One element as a file writes it.</summary>
    public static bool TryParse(DatasetType type, ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        switch (type)
        {
            case DatasetType.String:
                var room = new byte[text.Length];
                if (!Convert.TryFromBase64Chars(text, room, out var length)) return false;
                bytes = room[..length];
                return true;
            case DatasetType.Md5 or DatasetType.Sha256:
                if (text.Length != (type == DatasetType.Md5 ? 32 : 64)) return false;
                foreach (var c in text)
                    if (!char.IsAsciiHexDigit(c)) return false;
                bytes = Convert.FromHexString(text);
                return true;
            default:
                if (!IPAddress.TryParse(text, out var address) || type == DatasetType.Ipv4 && address.AddressFamily != AddressFamily.InterNetwork) return false;
                bytes = (type == DatasetType.Ipv6 ? address.MapToIPv6() : address).GetAddressBytes();
                return true;
        }
    }

    /// <summary>The whole set.</summary>
    public static string Write(Dataset set)
    {
        var text = new StringBuilder();
        foreach (var (element, _) in set.Elements) text.Append(Format(set.Type, element)).Append('\n');
        return text.ToString();
    }

    private static string Format(DatasetType type, byte[] element) => type switch
    {
        DatasetType.String => Convert.ToBase64String(element),
        DatasetType.Md5 or DatasetType.Sha256 => Convert.ToHexStringLower(element),
        DatasetType.Ipv6 when new IPAddress(element) is { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        _ => new IPAddress(element).ToString(),
    };
}
