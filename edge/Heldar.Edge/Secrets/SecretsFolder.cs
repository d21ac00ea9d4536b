using System.Data.Common;
using System.Security.Cryptography;
using Heldar.Edge.Store;

namespace Heldar.Edge.Secrets;

/// <summary>
/// The key ring of a data folder together with what it sealed. Opens the ring at start and changes it offline; whoever calls holds the data folder, and
/// no other connection to the database is open. Each step leaves a state that the next start, or the next run of the same command, can use.
/// </summary>
internal sealed class SecretsFolder(string dataFolder, IReadOnlyList<SealedColumn> columns)
{
    private string KeyFilePath => Path.Combine(dataFolder, "secrets.key");

    private string DatabasePath => StoreOptions.FileIn(dataFolder);

    /// <summary>
    /// Opens the ring; makes it only where nothing was ever sealed. Texts that an older program left in clear are sealed, and what they were is wiped
    /// from the file. A database that cannot be read now, such as one on a full disk, does not keep the ring from opening: the store stands in for it.
    /// </summary>
    /// <exception cref="SecretsException">The key is missing, damaged or another one than sealed what is here. Nothing was changed.</exception>
    public KeyRing Open() => OpenRing(strict: false);

    private KeyRing OpenRing(bool strict)
    {
        var (sealedWith, unreadable) = KeyIds(strict);
        if (!File.Exists(KeyFilePath))
        {
            if (sealedWith.Count > 0) throw Missing(sealedWith);
            if (unreadable is not null) throw Unknown(unreadable);
            KeyFile.Write(KeyFilePath, new KeyRing([SecretKey.New()]).ToFile());
        }

        var ring = Read();
        if (sealedWith.Where(id => ring.Find(id) is null).ToList() is { Count: > 0 } unknown) throw Wrong(ring, unknown);
        if (unreadable is null) SealClear(ring, strict);
        return ring;
    }

    /// <summary>Adds a fresh key and seals with it from now on; old ones still open what they sealed.</summary>
    /// <exception cref="SecretsException">As for <see cref="Open"/>, or the ring is full.</exception>
    public KeyRing Rotate()
    {
        var ring = OpenRing(strict: true);
        if (ring.Keys.Length >= KeyRing.MaxKeys) throw new SecretsException($"the ring holds {KeyRing.MaxKeys} keys already: run 'heldar-edge secrets rekey' first; nothing was changed");
        return Keep(ring.With(SecretKey.New()));
    }

    /// <summary>
    /// Seals everything again with the active key, opens all of it with that key alone, and only then drops the old ones. Interrupted at any moment it
    /// is simply run again.
    /// </summary>
    /// <param name="afterEachStep">Called with the name of the step just done; for tests that interrupt.</param>
    /// <returns>The ring, and how many texts were sealed again.</returns>
    /// <exception cref="SecretsException">As for <see cref="Open"/>, or a text does not open. No key was dropped.</exception>
    public (KeyRing Ring, int Resealed) Rekey(Action<string>? afterEachStep = null)
    {
        var ring = OpenRing(strict: true);
        var resealed = 0;
        if (File.Exists(DatabasePath))
        {
            using var db = Connect();
            resealed = Reseal(db, ring);
            afterEachStep?.Invoke("sealed");
            Verify(db, new SecretBox(ring.OnlyActive()));
            Wipe(db);
        }

        afterEachStep?.Invoke("verified");
        return (Keep(ring.OnlyActive()), resealed);
    }

    /// <summary>How many texts each key sealed.</summary>
    public IReadOnlyDictionary<string, int> Usage() => Sealed(strict: true).Ids.CountBy(id => id).ToDictionary(StringComparer.Ordinal);

    private KeyRing Keep(KeyRing ring)
    {
        KeyFile.Write(KeyFilePath, ring.ToFile());
        return Read().Active == ring.Active || Read().Active.Id == ring.Active.Id ? ring : throw new SecretsException($"{KeyFilePath} does not hold what was written: check the disk");
    }

    private KeyRing Read()
    {
        try
        {
            return KeyRing.Parse(KeyFile.Read(KeyFilePath, KeyRing.MaxFileBytes));
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new SecretsException($"{KeyFilePath} cannot be used: {e.Message}. Put back the file from a backup. Nothing was changed.", e);
        }
    }

    private (HashSet<string> Ids, string? Unreadable) KeyIds(bool strict)
    {
        var (ids, unreadable) = Sealed(strict);
        return (ids.ToHashSet(StringComparer.Ordinal), unreadable);
    }

    private (List<string> Ids, string? Unreadable) Sealed(bool strict)
    {
        if (!File.Exists(DatabasePath)) return ([], null);
        try
        {
            using var db = Connect();
            return ([.. columns.SelectMany(c => c.Rows(db)).Select(r => SecretBox.KeyIdOf(r.Text)).OfType<string>()], null);
        }
        catch (SqliteException e) when (e.IsDamage)
        {
            // Nothing sealed can be read from it: the store sets it aside when it opens, and begins anew.
            return ([], null);
        }
        catch (SqliteException e) when (e.IsUnusable && !strict)
        {
            return ([], e.Message);
        }
    }

    private SqliteConnection Connect()
    {
        var db = new SqliteConnection(DatabasePath);
        try
        {
            db.Open();
            return db;
        }
        catch
        {
            db.Dispose();
            throw;
        }
    }

    private void SealClear(KeyRing ring, bool strict)
    {
        if (!File.Exists(DatabasePath)) return;
        try
        {
            using var db = Connect();
            var clear = columns.SelectMany(c => c.Rows(db).Where(r => !SecretBox.IsSealed(r.Text)).Select(r => (Column: c, Row: r))).ToList();
            if (clear.Count == 0) return;
            var box = new SecretBox(ring);
            db.Execute("PRAGMA secure_delete = ON");
            using (var transaction = db.BeginTransaction())
            {
                foreach (var (column, row) in clear) column.Put(db, row, box.Seal(new Secret(row.Text), column.Owner(row.Id)));
                transaction.Commit();
            }

            Wipe(db);
        }
        catch (SqliteException e) when (e.IsDamage || (e.IsUnusable && !strict))
        {
            // See Sealed; what is in clear is sealed by a later start.
        }
    }

    private int Reseal(SqliteConnection db, KeyRing ring)
    {
        var box = new SecretBox(ring);
        var count = 0;
        db.Execute("PRAGMA secure_delete = ON");
        using var transaction = db.BeginTransaction();
        foreach (var column in columns)
        {
            foreach (var row in column.Rows(db))
            {
                if (SecretBox.KeyIdOf(row.Text) == ring.Active.Id) continue;
                column.Put(db, row, box.Seal(Unseal(box, column, row), column.Owner(row.Id)));
                count++;
            }
        }

        transaction.Commit();
        return count;
    }

    private void Verify(DbConnection db, SecretBox box)
    {
        foreach (var column in columns)
            foreach (var row in column.Rows(db)) Unseal(box, column, row);
    }

    private static Secret Unseal(SecretBox box, SealedColumn column, SealedRow row)
    {
        try
        {
            return box.Unseal(row.Text, column.Owner(row.Id));
        }
        catch (CryptographicException e)
        {
            throw new SecretsException($"{column.Name} of {row.Id} does not open ({e.Message}): enter that secret again, then run the command again. No key was dropped.", e);
        }
    }

    /// <summary>Leaves no former text in free pages or in the write-ahead log.</summary>
    private static void Wipe(SqliteConnection db)
    {
        db.Execute("VACUUM");
        db.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private SecretsException Missing(IEnumerable<string> ids) => new(
        $"{KeyFilePath} is missing, but {DatabasePath} holds secrets sealed with key {string.Join(", ", ids.Order(StringComparer.Ordinal))}. "
        + "Put the file back from a backup of the data folder. If it is lost for good, the camera passwords are too: move box.db away, start again "
        + "(the index is rebuilt from the recordings) and enter them anew. Nothing was changed.");

    private SecretsException Unknown(string cause) => new(
        $"{KeyFilePath} is missing, and {DatabasePath} cannot be read ({cause}): secrets in it may be sealed with that key. Put the file back from a backup of the data folder, "
        + "or make the database readable. Nothing was changed.");

    private SecretsException Wrong(KeyRing ring, IEnumerable<string> unknown) => new(
        $"{KeyFilePath} holds key {string.Join(", ", ring.Keys.Select(k => k.Id))}, but {DatabasePath} holds secrets sealed with key {string.Join(", ", unknown.Order(StringComparer.Ordinal))}: "
        + "it is the key of another data folder or of another time. Put back the file that belongs here. Nothing was changed.");
}
