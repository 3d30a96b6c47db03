// Command audit-verifier verifies a Bailiwick audit export with code that is not Bailiwick's: the note and tree
// libraries of the Go checksum database. KEY is the one that signed the export, or any that the log had before or, if the
// export shows it, since. Usage: audit-verifier EXPORT KEY [EARLIER-CHECKPOINT-FILE]
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A term is the time in which a key signed the log: trees larger than after, until the next term begins.
type term struct {
	key      string
	verifier note.Verifier
	after    int64
}

type line struct {
	// of the header
	Format      string
	Checkpoint  string
	Whole       bool
	Consistency *struct {
		Size  int64
		Proof []tlog.Hash
	}
	// of a succession
	Succession *string
	// of a leaf; RawMessage keeps the record's bytes exactly as in the line, which is how they were hashed
	Index  *int64
	Record json.RawMessage
	Text   *string
	Proof  []tlog.Hash
	// of a leaf from which a member was erased: Hash is that of the original record
	Redacted json.RawMessage
	Hash     tlog.Hash
}

func main() {
	records, err := verify(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("verified %d records\n", records)
}

func verify(args []string) (int64, error) {
	if len(args) < 2 {
		return 0, errors.New("usage: audit-verifier EXPORT KEY [EARLIER-CHECKPOINT-FILE]")
	}
	file, err := os.Open(args[0])
	if err != nil {
		return 0, err
	}
	defer file.Close()
	evidence, err := evidenceOf(file)
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(evidence)
	lines.Buffer(nil, 1<<20)
	var header line
	if !lines.Scan() {
		return 0, errors.New("no header")
	}
	if err := json.Unmarshal(lines.Bytes(), &header); err != nil {
		return 0, err
	}
	terms, more, err := followKeys(lines, args[1])
	if err != nil {
		return 0, err
	}
	tree, err := openCheckpoint(header.Checkpoint, terms)
	if err != nil {
		return 0, err
	}
	if len(args) > 2 {
		if err := checkEarlier(args[2], terms, header, tree); err != nil {
			return 0, err
		}
	}
	if !more {
		return 0, errors.New("no trailer")
	}
	return checkLeaves(lines, header, tree)
}

// followKeys reads the successions and returns the terms of the log's keys, of which the trusted one must be one. It
// leaves the scanner at the first line that is not a succession, if there is more.
func followKeys(lines *bufio.Scanner, trusted string) (terms []term, more bool, err error) {
	for lines.Scan() {
		var each line
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return nil, false, err
		}
		if each.Succession == nil {
			more = true
			break
		}
		if terms, err = succeed(terms, *each.Succession); err != nil {
			return nil, false, err
		}
	}
	if len(terms) == 0 {
		verifier, err := note.NewVerifier(trusted)
		return []term{{trusted, verifier, -1}}, more, err
	}
	for _, each := range terms {
		if each.key == trusted {
			return terms, more, lines.Err()
		}
	}
	return nil, false, errors.New("no succession names the given key")
}

// succeed adds the key that a succession names as the new one.
func succeed(terms []term, signed string) ([]term, error) {
	text, _, _ := strings.Cut(signed, "\n\n")
	parts := strings.Split(text, "\n")
	if len(parts) != 4 {
		return nil, errors.New("not a succession")
	}
	predecessor, err := note.NewVerifier(parts[1])
	if err != nil {
		return nil, err
	}
	successor, err := note.NewVerifier(parts[2])
	if err != nil {
		return nil, err
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(predecessor, successor))
	if err != nil {
		return nil, err
	}
	if opened.Text != text+"\n" || predecessor.Name() != parts[0] || successor.Name() != parts[0] {
		return nil, errors.New("not a succession of this log")
	}
	if len(opened.Sigs) != 2 {
		return nil, errors.New("a succession is not signed by both keys")
	}
	size, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		terms = []term{{parts[1], predecessor, -1}}
	}
	last := terms[len(terms)-1]
	if last.key != parts[1] {
		return nil, errors.New("a succession is missing or out of order")
	}
	if size < last.after {
		return nil, errors.New("a succession goes back in time")
	}
	for _, each := range terms {
		if each.key == parts[2] {
			return nil, errors.New("a key comes back that was replaced")
		}
	}
	return append(terms, term{parts[2], successor, size}), nil
}

// evidenceOf returns the NDJSON export contained in a file of any format, gzipped or not.
func evidenceOf(file io.Reader) (io.Reader, error) {
	content := bufio.NewReaderSize(file, 1<<16)
	if magic, _ := content.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		plain, err := gzip.NewReader(content)
		if err != nil {
			return nil, err
		}
		content = bufio.NewReaderSize(plain, 1<<16)
	}
	first, _ := content.Peek(1 << 14)
	first, _, _ = bytes.Cut(first, []byte("\n"))
	switch {
	case bytes.HasPrefix(first, []byte("line,index,")):
		return fromCSV(content)
	case bytes.Contains(first, []byte(`"class_uid":`)):
		return fromOCSF(content)
	}
	return content, nil
}

func fromCSV(content io.Reader) (io.Reader, error) {
	rows, err := csv.NewReader(content).ReadAll()
	if err != nil {
		return nil, err
	}
	var lines bytes.Buffer
	for _, row := range rows[1:] {
		line, err := base64.StdEncoding.DecodeString(row[len(row)-1])
		if err != nil {
			return nil, err
		}
		lines.Write(append(line, '\n'))
	}
	return &lines, nil
}

func fromOCSF(content io.Reader) (io.Reader, error) {
	var lines bytes.Buffer
	for events := json.NewDecoder(content); ; {
		var event struct {
			RawData string `json:"raw_data"`
		}
		if err := events.Decode(&event); err == io.EOF {
			return &lines, nil
		} else if err != nil {
			return nil, err
		}
		lines.WriteString(event.RawData + "\n")
	}
}

// openCheckpoint opens a checkpoint with the key in whose term its size is.
func openCheckpoint(signed string, terms []term) (tlog.Tree, error) {
	text, _, _ := strings.Cut(signed, "\n\n")
	parts := strings.Split(text, "\n")
	if len(parts) != 3 || parts[0] != terms[0].verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	signer := terms[0]
	for _, each := range terms {
		if size > each.after {
			signer = each
		}
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(signer.verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	if opened.Text != text+"\n" {
		return tlog.Tree{}, errors.New("not a checkpoint")
	}
	root, err := tlog.ParseHash(parts[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkEarlier(path string, terms []term, header line, tree tlog.Tree) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	earlier, err := openCheckpoint(string(signed), terms)
	if err != nil {
		return err
	}
	if header.Consistency == nil || header.Consistency.Size != earlier.N {
		return errors.New("no consistency proof for the earlier checkpoint")
	}
	return tlog.CheckTree(header.Consistency.Proof, tree.N, tree.Hash, earlier.N, earlier.Hash)
}

// checkLeaves starts with the line at which the scanner stands.
func checkLeaves(lines *bufio.Scanner, header line, tree tlog.Tree) (int64, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, errors.New("a leaf is missing")
			}
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	var count int64
	for more := true; more; more = lines.Scan() {
		var each line
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return count, err
		}
		if each.Index == nil {
			continue
		}
		leaf := []byte(each.Record)
		if each.Text != nil {
			leaf = []byte(*each.Text)
		}
		hash := tlog.RecordHash(leaf)
		if each.Redacted != nil {
			hash = each.Hash
		}
		if !header.Whole {
			if err := tlog.CheckRecord(each.Proof, tree.N, tree.Hash, *each.Index, hash); err != nil {
				return count, fmt.Errorf("record %d: %w", *each.Index, err)
			}
		} else {
			if *each.Index != count {
				return count, fmt.Errorf("record %d stands where %d should", *each.Index, count)
			}
			hashes, err := tlog.StoredHashesForRecordHash(count, hash, reader)
			if err != nil {
				return count, err
			}
			stored = append(stored, hashes...)
		}
		count++
	}
	if err := lines.Err(); err != nil {
		return count, err
	}
	if header.Whole {
		root, err := tlog.TreeHash(count, reader)
		if err != nil {
			return count, err
		}
		if count != tree.N || root != tree.Hash {
			return count, errors.New("the tree over the records is not the signed one")
		}
	}
	return count, nil
}
