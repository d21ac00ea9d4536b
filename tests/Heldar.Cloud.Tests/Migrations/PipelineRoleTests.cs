using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Migrations;

/// <summary>Functions have a role of their own, made by the fleet's, which is no superuser.</summary>
public sealed class PipelineRoleTests(PostgresFixture postgres)
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 12, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryTable_HasAClass()
    {
        await using var roles = await TwoRoles.CreateAsync(postgres, Now, Token);
        await using var connection = await roles.Fleet.OpenConnectionAsync(Token);
        var tables = await connection.QueryAsync<string>("select relname::text from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace");

        Assert.Equal(tables.Order(StringComparer.Ordinal), PipelineTables.Rights.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WhatIsNotForFunctions_IsRefused()
    {
        string[] forbidden =
        [
            "select password_hash from person",
            "select token_hash from session",
            "select xml from data_protection_key",
            "select private_key from cloud_key",
            "insert into cloud_key values ('k', '', '')",
            "insert into enrolment_token (tenant, token_hash, site, created_by, created_at, expires_at) values ('main', '', '', '', now(), now())",
            "update audit set action = ''",
            "delete from audit",
            "insert into box_key (tenant, box, key_id, public_key) values ('main', gen_random_uuid(), 'k', '')",
            "update box_key set revoked_at = null",
            "delete from dead_letter",
            "insert into webhook_endpoint (tenant, endpoint, name, url, secrets) values ('main', gen_random_uuid(), '', '', '')",
            "drop table person",
            "create role other",
            "set role heldar_fleet",
        ];
        await using var roles = await TwoRoles.CreateAsync(postgres, Now, Token);
        foreach (var sql in forbidden)
        {
            await using var command = roles.Pipeline.CreateCommand(sql);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Token));
            Assert.Equal((sql, PostgresErrorCodes.InsufficientPrivilege), (sql, refused.SqlState));
        }
    }

    [Fact]
    public async Task PartitionsOfOne_AreMadeUsedAndDroppedByTheOther()
    {
        await using var roles = await TwoRoles.CreateAsync(postgres, Now, Token);
        var later = Now + Duration.FromDays(10);
        // The fleet made days of landing; functions drop them when they are old, and make new ones, which the fleet could drop.
        await IndexPartitions.EnsureAsync(roles.Pipeline, later, Token);
        await new DayPartitions(roles.Pipeline).EnsureAheadAsync(Now, Token);
        await new DayPartitions(roles.Fleet).EnsureAheadAsync(Now + Duration.FromDays(4000), Token);

        await using var connection = await roles.Fleet.OpenConnectionAsync(Token);
        Assert.Equal("20261130", (await connection.QueryAsync<string>("select substr(relname, 17) from pg_class where relname ~ '^segment_landing_\\d+$' order by 1")).First());
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("select count(*) from pg_class where relname ~ '^detection_2026'"));
    }

    [Fact]
    public async Task SharedTables_AreHandedOver_AndAgainWhenSomeAreNew()
    {
        await using var roles = await TwoRoles.CreateAsync(postgres, Now, Token);
        await using var connection = await roles.Fleet.OpenConnectionAsync(Token);
        // As it was when both had one role, and somebody gave more than is right.
        await connection.ExecuteAsync("alter table span owner to heldar_fleet; alter table coverage owner to heldar_fleet; grant select on person to heldar_pipeline; revoke all on gap from heldar_pipeline");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PipelineRole.EnsureAsync(roles.Fleet, roles.PipelineSettings, Token)));

        Assert.Equal(
            (true, true, false, true),
            await connection.QuerySingleAsync<(bool, bool, bool, bool)>(
                """
                select pg_get_userbyid((select relowner from pg_class where oid = 'span'::regclass)) = 'heldar_pipeline', pg_get_userbyid((select relowner from pg_class where oid = 'coverage'::regclass)) = 'heldar_pipeline',
                    has_table_privilege('heldar_pipeline', 'person', 'select'), has_table_privilege('heldar_pipeline', 'gap', 'insert')
                """));
    }

    [Fact]
    public async Task PasswordIsGiven_Changed_AndNeverSentAsItIs()
    {
        var folder = TemporaryFolder.Create("two-roles");
        await using var server = new PostgresServer(new PostgresOptions(Path.Combine(folder, "data"), Ports.Free(), Path.Combine(folder, "postgres.log")) { Durable = false, Password = "of the superuser" });
        await server.StartAsync(Token);
        await using (var administrator = NpgsqlDataSource.Create(server.ConnectionString()))
        {
            foreach (var sql in new[] { "create role heldar login createrole password 'of the fleet'", "alter role heldar set log_statement = 'all'", "create database heldar owner heldar" })
            {
                await using var command = administrator.CreateCommand(sql);
                await command.ExecuteNonQueryAsync(Token);
            }
        }

        var fleet = new NpgsqlConnectionStringBuilder(server.ConnectionString("heldar")) { Username = "heldar", Password = "of the fleet" };
        await using var database = DatabaseServiceCollectionExtensions.Create(fleet.ConnectionString);
        await Migrator.MigrateAsync(database, Token);

        foreach (var password in new[] { "swordfish'; drop table person; --", "another swordfish" })
        {
            var pipeline = new NpgsqlConnectionStringBuilder(fleet.ConnectionString) { Username = "role \"of\" functions", Password = password, Pooling = false };
            await PipelineRole.EnsureAsync(database, pipeline.ConnectionString, Token);
            await using var connection = new NpgsqlConnection(pipeline.ConnectionString);
            await connection.OpenAsync(Token);
            await Assert.ThrowsAsync<PostgresException>(async () => await new NpgsqlConnection(new NpgsqlConnectionStringBuilder(pipeline.ConnectionString) { Password = "guess" }.ConnectionString).OpenAsync(Token));
        }

        await server.StopAsync();
        var log = await File.ReadAllTextAsync(Path.Combine(folder, "postgres.log"), Token);
        Assert.Contains("alter role", log, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", log, StringComparison.Ordinal);
        TemporaryFolder.Delete(folder);
    }

    [Fact]
    public async Task FleetThatMayMakeNoRole_SaysWhatItsAdministratorDoes()
    {
        await using var roles = await TwoRoles.CreateAsync(postgres, Now, Token);
        var wanted = new NpgsqlConnectionStringBuilder(roles.PipelineSettings) { Username = "nobody_yet" };

        // The functions' role may make none either.
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => PipelineRole.EnsureAsync(roles.Pipeline, wanted.ConnectionString, Token));

        Assert.Contains("create role \"nobody_yet\" login password '…'; grant \"nobody_yet\" to \"heldar_pipeline\"", refused.Message, StringComparison.Ordinal);
    }
}
