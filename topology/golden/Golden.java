import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.utils.Utils;

/** Writes the golden files: what Java's Avro makes of records with edge values, and where Kafka's client sends keys. */
public class Golden {
    static final List<String> TEXTS = List.of("", "a", "\u0000", "\u20ac 10,00", "\uD83D\uDE80", "\uDBFF\uDFFF",
            "caf\u00e9 \uD83C\uDFE6 \u94f6\u884c \"\\\n\t", "x".repeat(63), "x".repeat(64));
    static final String LONG_TEXT = "\uD83D\uDE80".repeat(2048);
    static final String IBAN = "NL66OPEN0000000000";
    static final String TOKEN = "01234567890123456789";

    static final ObjectMapper JSON = new ObjectMapper();
    static final List<String> LINES = new ArrayList<>();
    static File schemas;

    public static void main(String[] args) throws Exception {
        schemas = new File(args[0]);
        List<Long> longs = longs();
        List<byte[]> ids = ids();
        byte[] id = ids.get(7);

        for (long beat : longs) {
            add("Heartbeat", "beat", beat);
        }
        for (byte[] each : ids) {
            for (String type : List.of("AUTO", "MANUAL")) {
                add("ConfirmAccountCreation", "id", each, "a_type", type);
                add("AccountCreationConfirmed", "id", each, "iban", IBAN, "token", TOKEN, "a_type", type);
            }
            add("AccountCreationFailed", "id", each, "reason", "generated iban already exists, try again");
            add("ConfirmMoneyTransfer", "id", each, "token", "cash", "amount", 1000L, "from", "cash", "to", IBAN,
                    "description", "deposit");
            add("MoneyTransferConfirmed", "id", each);
            add("MoneyTransferFailed", "id", each, "reason", "insufficient funds");
        }
        for (String text : TEXTS) {
            add("AccountCreationConfirmed", "id", id, "iban", text, "token", TOKEN, "a_type", "MANUAL");
            add("AccountCreationConfirmed", "id", id, "iban", IBAN, "token", text, "a_type", "AUTO");
            add("AccountCreationFailed", "id", id, "reason", text);
            add("MoneyTransferFailed", "id", id, "reason", text);
            for (int field = 0; field < 4; field++) {
                add("ConfirmMoneyTransfer", "id", id, "token", field == 0 ? text : TOKEN, "amount", -1L, "from",
                        field == 1 ? text : IBAN, "to", field == 2 ? text : "Albert Heijn BV", "description",
                        field == 3 ? text : "ah pin");
            }
            for (int field = 0; field < 3; field++) {
                add("BalanceChanged", "iban", field == 0 ? text : IBAN, "new_balance", 1L, "changed_by", -1L, "from_to",
                        field == 1 ? text : "cash", "description", field == 2 ? text : "deposit");
            }
        }
        add("ConfirmMoneyTransfer", "id", id, "token", TOKEN, "amount", 1L, "from", IBAN, "to", "cash", "description",
                LONG_TEXT);
        for (long value : longs) {
            add("ConfirmMoneyTransfer", "id", id, "token", TOKEN, "amount", value, "from", IBAN, "to", "cash",
                    "description", "");
            add("BalanceChanged", "iban", IBAN, "new_balance", value, "changed_by", -value, "from_to", "", "description",
                    "");
        }
        write(args[1], "records.json");

        List<String> keys = new ArrayList<>(TEXTS);
        for (byte[] each : ids) {
            ByteBuffer bytes = ByteBuffer.wrap(each);
            keys.add(new UUID(bytes.getLong(), bytes.getLong()).toString());
        }
        for (int number = 0; number < 40; number++) {
            keys.add("NL%02dOPEN%010d".formatted(number, number * 24_690_123L));
        }
        for (String key : keys) {
            int hash = Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8)));
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("key", key);
            for (int partitions : List.of(1, 2, 9, 1000)) {
                line.put("of_" + partitions, hash % partitions);
            }
            LINES.add(JSON.writeValueAsString(line));
        }
        write(args[1], "partitions.json");
    }

    /** Both sides of every border at which an Avro number takes another byte, and every power of two besides. */
    static List<Long> longs() {
        List<Long> longs = new ArrayList<>(List.of(0L, Long.MAX_VALUE, Long.MIN_VALUE, 100_000_000_000_000_000L, -50_000L));
        for (int bit = 0; bit < 63; bit++) {
            long power = 1L << bit;
            longs.addAll(List.of(power, power - 1, -power, -power - 1));
        }
        return longs;
    }

    /** Every value of a byte, once. */
    static List<byte[]> ids() {
        List<byte[]> ids = new ArrayList<>();
        for (int high = 0; high < 16; high++) {
            byte[] id = new byte[16];
            for (int low = 0; low < 16; low++) {
                id[low] = (byte) (high * 16 + low);
            }
            ids.add(id);
        }
        return ids;
    }

    static void add(String name, Object... fields) throws Exception {
        Schema schema = new Schema.Parser().parse(new File(schemas, name + ".avsc"));
        GenericRecord record = new GenericData.Record(schema);
        Map<String, Object> shown = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            String field = (String) fields[i];
            Schema type = schema.getField(field).schema();
            Object value = fields[i + 1];
            shown.put(field, value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value);
            record.put(field, switch (type.getType()) {
                case FIXED -> new GenericData.Fixed(type, (byte[]) value);
                case ENUM -> new GenericData.EnumSymbol(type, value);
                default -> value;
            });
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        var encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("record", name);
        line.put("fields", shown);
        line.put("avro", HexFormat.of().formatHex(bytes.toByteArray()));
        LINES.add(JSON.writeValueAsString(line));
    }

    static void write(String folder, String file) throws Exception {
        Files.writeString(Path.of(folder, file), "[\n" + String.join(",\n", LINES) + "\n]\n");
        LINES.clear();
    }
}
