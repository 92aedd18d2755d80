using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;

namespace Demilune.Rules.Keywords;

/// <summary>Buffers that are always in one case: a content is brought into it, as rules write it either way and Suricata does the same.</summary>
internal static class Spelling
{
    public static void Adapt(TestDraft test)
    {
        if (test.Transforms.Length > 0) return;
        foreach (var step in test.Steps)
        {
            if (step is not ContentDraft content) continue;
            switch (test.Buffer)
            {
                case BufferId.TlsCertFingerprint or BufferId.Ja3Hash or BufferId.Ja3sHash:
                    Bytes.Lower(content.Pattern).CopyTo(content.Pattern, 0);
                    break;
                case BufferId.TlsCertSerial:
                    for (var i = 0; i < content.Pattern.Length; i++)
                        if (char.IsAsciiLetterLower((char)content.Pattern[i])) content.Pattern[i] -= 32;
                    break;
            }
        }
    }
}
