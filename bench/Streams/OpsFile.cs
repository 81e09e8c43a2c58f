using System.Globalization;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Bench.Streams;

/// <summary>Reads OPS1 workload files; the hash comes from the .expect file beside, where there is one.</summary>
internal static class OpsFile
{
    private const uint Magic = 0x3153_504F;

    [StructLayout(LayoutKind.Sequential, Pack = 4, Size = 40)]
    private struct Header
    {
        public uint Magic;
        public uint RecordSize;
        public ulong Count;
        public ulong Prefill;
        public uint Symbols;
        public uint Reserved0;
        public ulong NextId;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
    private struct Record
    {
        public byte Kind;
        public byte Side;
        public ushort Symbol;
        public uint User;
        public ulong Order;
        public int Price;
        public int Quantity;
        public ulong Key;
    }

    public static OperationStream Read(string path)
    {
        var bytes = InputFile.Read(path).AsSpan();
        if (bytes.Length < Marshal.SizeOf<Header>() || MemoryMarshal.Read<uint>(bytes) != Magic)
        {
            throw new InputException($"{path}: not an OPS1 workload file.");
        }

        var header = MemoryMarshal.Read<Header>(bytes);
        var records = MemoryMarshal.Cast<byte, Record>(bytes[Marshal.SizeOf<Header>()..]);
        if (header.RecordSize != Marshal.SizeOf<Record>() || (ulong)records.Length != header.Count)
        {
            throw new InputException($"{path}: {records.Length} records of 32 bytes; the header says otherwise.");
        }

        var operations = new Operation[records.Length];
        var accounts = 1;
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i] = OperationOf(in records[i]);
            accounts = Math.Max(accounts, operations[i].Account);
        }

        return new OperationStream
        {
            Name = Path.GetFileNameWithoutExtension(InputFile.PlainName(path)),
            Operations = operations,
            Prefill = (int)header.Prefill,
            Symbols = (int)header.Symbols,
            Accounts = accounts,
            OrderLimit = (int)header.NextId,
            PromisedHash = ReadPromise(Path.ChangeExtension(InputFile.PlainName(path), ".expect")),
        };
    }

    private static Operation OperationOf(in Record record) => new()
    {
        Kind = (OperationKind)record.Kind,
        Side = (Side)record.Side,
        Symbol = record.Symbol,
        Account = (int)record.User,
        Order = (int)record.Order,
        Price = record.Price,
        Quantity = record.Quantity,
    };

    private static ulong? ReadPromise(string path)
    {
        const string Key = "hash=";
        var line = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))
            : null;
        return line is null ? null : ulong.Parse(line[Key.Length..], NumberStyles.HexNumber);
    }
}
