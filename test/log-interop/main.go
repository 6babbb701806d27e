// Checks a log that @lockgate/audit-log wrote with the implementation of the Go checksum database: the signature of its
// checkpoint, the root over all records, and proofs made by the package. Prints what it checked as JSON.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type head struct {
	origin string
	size   int64
	root   tlog.Hash
}

type proofs struct {
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
}

type inclusion struct {
	Index int64    `json:"index"`
	Line  string   `json:"line"`
	Proof []string `json:"proof"`
}

type consistency struct {
	OldCheckpoint string   `json:"oldCheckpoint"`
	Proof         []string `json:"proof"`
}

type answer struct {
	Origin      string `json:"origin"`
	Size        int64  `json:"size"`
	Root        string `json:"root"`
	Inclusion   int    `json:"inclusion"`
	Consistency int    `json:"consistency"`
	// A checkpoint of the same tree signed here, for the other direction.
	Vkey       string `json:"vkey"`
	Checkpoint string `json:"checkpoint"`
}

func main() {
	result, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func check(folder, proofFile string) (*answer, error) {
	vkey, err := os.ReadFile(filepath.Join(folder, "log.vkey"))
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return nil, err
	}
	signed, err := openCheckpoint(text, verifier)
	if err != nil {
		return nil, err
	}
	hashes, leaves, err := readTree(folder, signed.size)
	if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(signed.size, hashes)
	if err != nil {
		return nil, err
	}
	if root != signed.root {
		return nil, fmt.Errorf("the records give root %v, the checkpoint signs %v", root, signed.root)
	}
	var given proofs
	data, err := os.ReadFile(proofFile)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &given); err != nil {
		return nil, err
	}
	if err := checkInclusion(given.Inclusion, signed, hashes, leaves); err != nil {
		return nil, err
	}
	if err := checkConsistency(given.Consistency, signed, hashes, verifier); err != nil {
		return nil, err
	}
	newVkey, newText, err := sign(signed)
	if err != nil {
		return nil, err
	}
	return &answer{signed.origin, signed.size, root.String(), len(given.Inclusion), len(given.Consistency), newVkey, newText}, nil
}

func openCheckpoint(text []byte, verifier note.Verifier) (*head, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return nil, fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, err
	}
	return &head{lines[0], size, root}, nil
}

// readTree hashes every sealed record, in the layout that tlog stores a tree in.
func readTree(folder string, size int64) (tlog.HashReader, []tlog.Hash, error) {
	files, err := filepath.Glob(filepath.Join(folder, "segments", "*.jsonl"))
	if err != nil {
		return nil, nil, err
	}
	sort.Strings(files)
	var stored, leaves []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			found[at] = stored[index]
		}
		return found, nil
	})
	for _, file := range files {
		if name := fmt.Sprintf("%016d.jsonl", len(leaves)); filepath.Base(file) != name {
			return nil, nil, fmt.Errorf("segment %s where %s belongs", filepath.Base(file), name)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		for _, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
			if !json.Valid(line) {
				return nil, nil, fmt.Errorf("record %d is no JSON", len(leaves))
			}
			more, err := tlog.StoredHashes(int64(len(leaves)), line, reader)
			if err != nil {
				return nil, nil, err
			}
			stored = append(stored, more...)
			leaves = append(leaves, tlog.RecordHash(line))
		}
	}
	if int64(len(leaves)) != size {
		return nil, nil, fmt.Errorf("%d records, the checkpoint covers %d", len(leaves), size)
	}
	return reader, leaves, nil
}

func parseProof(texts []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(texts))
	for at, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		hashes[at] = hash
	}
	return hashes, nil
}

func equal(a, b []tlog.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for at := range a {
		if a[at] != b[at] {
			return false
		}
	}
	return true
}

func checkInclusion(given []inclusion, signed *head, hashes tlog.HashReader, leaves []tlog.Hash) error {
	for _, one := range given {
		proof, err := parseProof(one.Proof)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash([]byte(one.Line))
		if leaf != leaves[one.Index] {
			return fmt.Errorf("record %d: another line", one.Index)
		}
		if err := tlog.CheckRecord(proof, signed.size, signed.root, one.Index, leaf); err != nil {
			return fmt.Errorf("record %d: %w", one.Index, err)
		}
		ours, err := tlog.ProveRecord(signed.size, one.Index, hashes)
		if err != nil || !equal(ours, proof) {
			return fmt.Errorf("record %d: tlog proves it otherwise (%v)", one.Index, err)
		}
	}
	return nil
}

func checkConsistency(given []consistency, signed *head, hashes tlog.HashReader, verifier note.Verifier) error {
	for _, one := range given {
		old, err := openCheckpoint([]byte(one.OldCheckpoint), verifier)
		if err != nil {
			return err
		}
		proof, err := parseProof(one.Proof)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, signed.size, signed.root, old.size, old.root); err != nil {
			return fmt.Errorf("from %d to %d: %w", old.size, signed.size, err)
		}
		ours, err := tlog.ProveTree(signed.size, old.size, hashes)
		if err != nil || !equal(ours, proof) {
			return fmt.Errorf("from %d to %d: tlog proves it otherwise (%v)", old.size, signed.size, err)
		}
	}
	return nil
}

func sign(signed *head) (string, string, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, signed.origin)
	if err != nil {
		return "", "", err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return "", "", err
	}
	root := base64.StdEncoding.EncodeToString(signed.root[:])
	text := fmt.Sprintf("%s\n%d\n%s\n", signed.origin, signed.size, root)
	made, err := note.Sign(&note.Note{Text: text}, signer)
	return vkey, string(made), err
}
