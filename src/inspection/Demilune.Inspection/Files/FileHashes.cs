using System.Security.Cryptography;

namespace Demilune.Inspection.Files;

/// <summary>The hashes of one file that somebody asks for, made as it goes by.</summary>
internal sealed class FileHashes
{
    private readonly Hash _md5 = new(HashAlgorithmName.MD5, 16);
    private readonly Hash _sha1 = new(HashAlgorithmName.SHA1, 20);
    private readonly Hash _sha256 = new(HashAlgorithmName.SHA256, 32);

    /// <summary>Empty: it was not asked for, or the file is not over.</summary>
    public ReadOnlySpan<byte> Md5 => _md5.Value;
    public ReadOnlySpan<byte> Sha1 => _sha1.Value;
    public ReadOnlySpan<byte> Sha256 => _sha256.Value;

    public void Begin(bool md5, bool sha1, bool sha256)
    {
        _md5.Begin(md5);
        _sha1.Begin(sha1);
        _sha256.Begin(sha256);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _md5.Append(bytes);
        _sha1.Append(bytes);
        _sha256.Append(bytes);
    }

    /// <param name="isComplete">Otherwise only SHA-256 is given: it is also what a kept file is called by.</param>
    public void Finish(bool isComplete)
    {
        if (isComplete)
        {
            _md5.Finish();
            _sha1.Finish();
        }
        _sha256.Finish();
    }

    public void Clear() => Begin(false, false, false);

    private sealed class Hash(HashAlgorithmName name, int length)
    {
        private readonly byte[] _value = new byte[length];
        private IncrementalHash? _hash;
        private bool _isRunning;
        private bool _isUsed;
        private bool _isFinished;

        public ReadOnlySpan<byte> Value => _isFinished ? _value : default;

        public void Begin(bool isWanted)
        {
            if (_isUsed) _hash!.GetHashAndReset(_value);
            (_isRunning, _isUsed, _isFinished) = (isWanted, false, false);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (!_isRunning) return;
            _hash ??= IncrementalHash.CreateHash(name);
            _hash.AppendData(bytes);
            _isUsed = true;
        }

        public void Finish()
        {
            if (!_isRunning) return;
            _hash ??= IncrementalHash.CreateHash(name);
            _hash.GetHashAndReset(_value);
            (_isRunning, _isUsed, _isFinished) = (false, false, true);
        }
    }
}
