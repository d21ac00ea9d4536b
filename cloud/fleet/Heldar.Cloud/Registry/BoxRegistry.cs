using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Registry;

/// <summary>
/// Writes what a box says of itself and its cameras. Applied only when newer than what is known, by (bootSeq, seq). An older one, which a queue may deliver late, still
/// makes known the cameras that nobody knows, switched off: their events wait for it.
/// </summary>
public static class BoxRegistry
{
    // The box's row is the gate: cameras change only in the transaction that moved (described_boot, described_seq) forward.
    // A camera that another box of the tenant records today is not taken over, until a person removes that box.
    private const string Describe =
        """
        with newer as (
            update box set name = @name, version = @version, described_boot = @boot, described_seq = @seq
            where tenant = @tenant and box = @box and (described_boot, described_seq) < (@boot, @seq) returning site
        ), named as (
            insert into camera as c (tenant, camera, box, site, slug, name, enabled, codec, width, height)
            select @tenant, r.camera, @box, newer.site, r.slug, r.name, r.enabled, r.codec, r.width, r.height
            from newer, unnest(@cameras, @slugs, @names, @enabled, @codecs, @widths, @heights) as r (camera, slug, name, enabled, codec, width, height)
            order by r.camera
            on conflict (tenant, camera) do update
            set box = excluded.box, slug = excluded.slug, name = excluded.name, enabled = excluded.enabled, site = excluded.site,
                codec = coalesce(excluded.codec, c.codec), width = coalesce(excluded.width, c.width), height = coalesce(excluded.height, c.height)
            where c.box = excluded.box or exists (select 1 from box o where o.tenant = c.tenant and o.box = c.box and o.removed_at is not null)
        ), late as (
            insert into camera (tenant, camera, box, site, slug, name, enabled, codec, width, height)
            select @tenant, r.camera, @box, b.site, r.slug, r.name, false, r.codec, r.width, r.height
            from box b, unnest(@cameras, @slugs, @names, @codecs, @widths, @heights) as r (camera, slug, name, codec, width, height)
            where b.tenant = @tenant and b.box = @box and not exists (select 1 from newer)
            order by r.camera
            on conflict (tenant, camera) do nothing
        )
        update camera set enabled = false from newer where camera.tenant = @tenant and camera.box = @box and not camera.camera = any(@cameras)
        """;

    /// <summary>Why a description makes no sense, or null.</summary>
    public static string? Check(BoxDescribedData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.BootSeq < 1 || data.Seq < 1) return "bootSeq and seq count from 1";
        if (!EventRules.IsText(data.Name, 200) || !EventRules.IsText(data.Version, 64)) return "name or version is out of range";
        if (data.Cameras.Count > BoxDescribedData.MaxCameras) return $"a box has at most {BoxDescribedData.MaxCameras} cameras";
        if (data.Cameras.Any(c => c is null || !Names.IsSlug(c.Slug) || !EventRules.IsText(c.Name, 200) || !EventRules.IsTextOrEmpty(c.Codec ?? "", 64))) return "a camera's slug, name or codec is out of range";
        return data.Cameras.Select(c => c.Camera).Distinct().Count() == data.Cameras.Count ? null : "a camera is named twice";
    }

    /// <summary>Adds the statement to a batch of the caller's transaction.</summary>
    public static void Append(NpgsqlBatch batch, BoxRecord box, BoxDescribedData data)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var command = new NpgsqlBatchCommand(Describe);
        command.Parameters.AddWithValue("tenant", box.Tenant);
        command.Parameters.AddWithValue("box", box.Box);
        command.Parameters.AddWithValue("name", data.Name);
        command.Parameters.AddWithValue("version", data.Version);
        command.Parameters.AddWithValue("boot", data.BootSeq);
        command.Parameters.AddWithValue("seq", data.Seq);
        command.AddColumn("cameras", NpgsqlDbType.Uuid, data.Cameras, c => c.Camera);
        command.AddColumn("slugs", NpgsqlDbType.Text, data.Cameras, c => c.Slug);
        command.AddColumn("names", NpgsqlDbType.Text, data.Cameras, c => c.Name);
        command.AddColumn("enabled", NpgsqlDbType.Boolean, data.Cameras, c => c.Enabled);
        command.AddColumn("codecs", NpgsqlDbType.Text, data.Cameras, c => c.Codec);
        command.AddColumn("widths", NpgsqlDbType.Integer, data.Cameras, c => c.Width);
        command.AddColumn("heights", NpgsqlDbType.Integer, data.Cameras, c => c.Height);
        batch.BatchCommands.Add(command);
    }
}
