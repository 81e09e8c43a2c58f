using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Exchange.Rsm.Simulation.Plans;

/// <summary>
/// A plan with what it is expected to show, as JSON: what is stored of a failing seed. It holds the plan itself and not
/// only the seed, so it runs on a later commit whose generator draws otherwise.
/// </summary>
/// <param name="Plan">The plan.</param>
/// <param name="Fingerprint">Of the failure that it shows; empty where none is expected.</param>
/// <param name="Commit">Of the code that showed it; empty where unknown.</param>
public sealed record PlanText(Plan Plan, string Fingerprint, string Commit)
{
    private const int SchemaVersion = 1;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">The text is no such plan.</exception>
    public static PlanText Parse(string json)
    {
        try
        {
            var root = JsonNode.Parse(json)!.AsObject();
            if ((int)root["schema"]! != SchemaVersion)
            {
                throw new FormatException($"schema {root["schema"]} is not {SchemaVersion}");
            }

            var knobs = Knobs.Plain.Copy();
            foreach (var (name, value) in root["knobs"]!.AsObject())
            {
                knobs[Enum.Parse<Knob>(name)] = (long)value!;
            }

            List<PlanItem> items = [.. root["items"]!.AsArray().Select(item => ReadItem(item!.AsObject()))];
            var plan = new Plan(
                ulong.Parse((string)root["seed"]!),
                Enum.Parse<Profile>((string)root["profile"]!),
                knobs,
                items);
            return new PlanText(plan, (string)root["fingerprint"]!, (string)root["commit"]!);
        }
        catch (Exception exception) when (exception is JsonException or NullReferenceException
            or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("not a stored plan: " + exception.Message, exception);
        }
    }

    /// <summary>The JSON, one line an item.</summary>
    public string ToJson()
    {
        var knobs = new JsonObject();
        for (var place = 0; place < Knobs.Count; place++)
        {
            var knob = (Knob)place;
            if (Plan.Knobs[knob] != Knobs.Plain[knob])
            {
                knobs[knob.ToString()] = Plan.Knobs[knob];
            }
        }

        var root = new JsonObject
        {
            ["schema"] = SchemaVersion,
            ["generator"] = Plan.GeneratorVersion,
            ["commit"] = Commit,
            ["profile"] = Plan.Profile.ToString(),
            ["seed"] = Plan.Seed.ToString(),
            ["fingerprint"] = Fingerprint,
            ["knobs"] = knobs,
            ["items"] = new JsonArray([.. Plan.Items.Select(WriteItem)]),
        };
        return root.ToJsonString(_indented);
    }

    private static JsonObject WriteItem(PlanItem item)
    {
        var written = new JsonObject
        {
            ["kind"] = item.Kind.ToString(),
            ["at"] = item.At,
            ["id"] = item.Identity.ToString("x16"),
        };
        Add(written, "lasts", item.Lasts);
        Add(written, "node", item.Node);
        Add(written, "peers", item.Peers);
        Add(written, "value", item.Value);
        Add(written, "second", item.Second);
        return written;
    }

    private static void Add(JsonObject item, string name, long value)
    {
        if (value != 0)
        {
            item[name] = value;
        }
    }

    private static PlanItem ReadItem(JsonObject item) => new()
    {
        Kind = Enum.Parse<PlanItemKind>((string)item["kind"]!),
        At = (long)item["at"]!,
        Identity = ulong.Parse((string)item["id"]!, NumberStyles.HexNumber),
        Lasts = (long?)item["lasts"] ?? 0,
        Node = (int)((long?)item["node"] ?? 0),
        Peers = (int)((long?)item["peers"] ?? 0),
        Value = (long?)item["value"] ?? 0,
        Second = (long?)item["second"] ?? 0,
    };
}
